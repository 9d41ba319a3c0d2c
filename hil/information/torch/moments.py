"""Covariances of patches from sums over frames, and half the logarithm of their determinants.

p : patch size      d = p^2      C : (d, d) covariance of the signal in a patch
v : mean variance of the noise

    H(Y) - H(Y|X) = 1/2 [ln det(C + v I) / d - E ln v(x)]      nats per pixel

which is what `stationary` and `gaussian` estimate from frames with noise in them: C by the lag
alone, or by place.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over frames, which add up.

    Parameters
    ----------
    first, second
        Of the signal, and of its products: shaped as the family has it.
    variance, log_variance
        Of the noise, and of its logarithm, over pixels.
    pixels
        How many.
    frames
        How many.
    """

    first: torch.Tensor
    second: torch.Tensor
    variance: torch.Tensor
    log_variance: torch.Tensor
    pixels: int
    frames: int

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.first + other.first,
            self.second + other.second,
            self.variance + other.variance,
            self.log_variance + other.log_variance,
            self.pixels + other.pixels,
            self.frames + other.frames,
        )


def lag_products(values: torch.Tensor, patch_size: int) -> torch.Tensor:
    """(2p - 1, 2p - 1) sums of products of pixels this far apart, zero lag in the middle.

    Parameters
    ----------
    values
        (n, H, W), about their mean.
    """
    reach = patch_size - 1
    size = _room(values.shape[1:], reach)
    spectrum = torch.fft.rfft2(values, s=size)
    products = torch.fft.irfft2((spectrum.abs() ** 2).sum(dim=0), s=size)
    return torch.roll(products, (reach, reach), dims=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]


def _room(shape: tuple[int, ...], reach: int) -> tuple[int, ...]:
    """Size of transforms that lags up to ``reach`` do not wrap in, quick to take."""
    from scipy.fft import next_fast_len

    return tuple(next_fast_len(length + reach, real=True) for length in shape)


def lag_sums(total: torch.Tensor, patch_size: int) -> torch.Tensor:
    """(2p - 1, 2p - 1) sums of the pixels that have another this far before them.

    Parameters
    ----------
    total
        (H, W) sum over frames.
    """
    reach = patch_size - 1
    size = _room(total.shape, reach)
    ones = torch.fft.rfft2(torch.ones_like(total), s=size).conj()
    sums = torch.fft.irfft2(torch.fft.rfft2(total, s=size) * ones, s=size)
    return torch.roll(sums, (reach, reach), dims=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]


def stationary_covariance(
    total: torch.Tensor, products: torch.Tensor, n: int, patch_size: int
) -> torch.Tensor:
    """(d, d) covariance of a patch by the lag alone.

    Parameters
    ----------
    total
        (H, W) sum over frames.
    products
        `lag_products` of them.
    n
        How many they are.
    """
    lags = torch.arange(1 - patch_size, patch_size, dtype=products.dtype)
    down, across = (length - lags.abs() for length in total.shape)
    pairs = n * down[:, None] * across
    sums = lag_sums(total, patch_size)
    # the means of both pixels of a pair, each over its own places: no offset changes it
    covariance = products / pairs - sums * sums.flip(0, 1) / pairs**2
    place = torch.arange(patch_size)
    y, x = (axis.reshape(-1) for axis in torch.meshgrid(place, place, indexing="ij"))
    rows = y[:, None] - y + patch_size - 1
    columns = x[:, None] - x + patch_size - 1
    return covariance[rows, columns]


def tiles(values: torch.Tensor, patch_size: int) -> torch.Tensor:
    """(n, T, d) patches that tile frames (n, H, W), centred as those of the estimators."""
    n, height, width = values.shape
    top, left = height % patch_size // 2, width % patch_size // 2
    down, across = height // patch_size, width // patch_size
    cut = values[:, top : top + down * patch_size, left : left + across * patch_size]
    split = cut.reshape(n, down, patch_size, across, patch_size)
    return split.permute(0, 1, 3, 2, 4).reshape(n, down * across, patch_size**2)


def half_log_det(covariance: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
    """1/2 ln det(C + v I); what lags of few frames leave of C below 0 is lifted to it."""
    symmetric = 0.5 * (covariance + covariance.T)
    return 0.5 * torch.log(torch.linalg.eigvalsh(symmetric).clamp(min=0.0) + variance).sum()


def half_log_det_by_halves(covariance: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
    """`half_log_det` of a covariance that reads the same backwards, in a quarter of the time.

    Sums and differences of a patch and itself read backwards do not go together (Cantoni and
    Butler 1976; `hil.information.densities.stationary.centrosymmetric`), so that the eigenvalues of
    C are those of two blocks of half its size.

    Parameters
    ----------
    covariance
        (d, d), d even.
    variance
        0-d.
    """
    half = covariance.shape[0] // 2
    first, across = covariance[:half, :half], covariance[:half, half:].flip(1)
    return half_log_det(first + across, variance) + half_log_det(first - across, variance)
