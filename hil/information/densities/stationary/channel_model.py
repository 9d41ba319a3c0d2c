"""The stationary Gaussian of several channels: cross-covariances by lag, a mean of each channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.stationary.channel_covariance import (
    block_toeplitz,
    floored_channels,
    is_above,
)
from hil.information.densities.stationary.channel_spectral_fit import fit_channel_spectra
from hil.information.densities.stationary.fold_sums import training_sums
from hil.information.densities.stationary.gaussian_density import GaussianModel
from hil.information.densities.stationary.gaussian_gap import gaussian_gap_bits
from hil.information.densities.stationary.masked_lags import MaskedLags, lags_by_fold
from hil.information.sample.sample import Sample

_NEAR_FLOOR = 1.5  # below so many floors, an eigenvalue by lags alone is as likely chance
_LARGEST_FITTED = 1024  # values of a patch: beyond, a step of the spectral fit takes seconds
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class VectorSums:
    """Sums over patches (n, d) about fixed values: of y, of y y^T, and how many.

    Parameters
    ----------
    first, second
        (d,) and (d, d).
    n
        Patches.
    """

    first: Floats
    second: Floats
    n: int

    @classmethod
    def of(cls, patches: NDArray[np.float32]) -> VectorSums:
        """Sum in double precision: smooth scenes leave little where the precision is large."""
        d = patches.shape[1]
        first, second = np.zeros(d), np.zeros((d, d))
        for start in range(0, len(patches), _CHUNK):
            part = patches[start : start + _CHUNK].astype(np.float64)
            first += part.sum(axis=0)
            second += part.T @ part
        return cls(first, second, len(patches))

    def __add__(self, other: VectorSums) -> VectorSums:
        return VectorSums(self.first + other.first, self.second + other.second, self.n + other.n)

    def __sub__(self, other: VectorSums) -> VectorSums:
        return VectorSums(self.first - other.first, self.second - other.second, self.n - other.n)

    def covariance(self, mean: Floats) -> Floats:
        """Return the mean of (y - mean)(y - mean)^T, (d, d)."""
        crossed = np.outer(self.first, mean)
        result: Floats = (self.second - crossed - crossed.T) / self.n + np.outer(mean, mean)
        return result


@dataclass(frozen=True)
class ChannelTraining:
    """Sums over the training sets of a sample: everything, then all folds but one.

    Parameters
    ----------
    sample
        Of several channels.
    """

    sample: Sample

    @cached_property
    def lags(self) -> list[MaskedLags]:
        """By lag, over all usable pixels."""
        return training_sums(lags_by_fold(self.sample))

    @cached_property
    def patches(self) -> list[VectorSums]:
        """Over patches."""
        return training_sums(sums_by_fold(self.sample))

    @cached_property
    def means(self) -> list[Floats]:
        """(d,) mean of a patch: each channel has one."""
        return [np.repeat(one.means, self.sample.patch_size**2) for one in self.lags]

    @cached_property
    def covariances(self) -> list[Floats]:
        """(d, d) block-Toeplitz, with no eigenvalue below the noise's variance."""
        return channel_covariances(
            self.lags,
            lambda: [
                (patches.covariance(mean), patches.n)
                for patches, mean in zip(self.patches, self.means, strict=True)
            ],
            self.sample.noise_variance_adu2,
        )

    @cached_property
    def models(self) -> list[GaussianModel]:
        """The stationary Gaussian of each training set."""
        return [
            GaussianModel.from_cholesky(mean, np.asarray(np.linalg.cholesky(s), np.float64))
            for mean, s in zip(self.means, self.covariances, strict=True)
        ]


def channel_covariances(
    lags: Sequence[MaskedLags],
    patches: Callable[[], Sequence[tuple[Floats, int]]],
    floor: float,
) -> list[Floats]:
    """Fit block-Toeplitz covariances, (d, d), with no eigenvalue below ``floor``.

    Parameters
    ----------
    lags
        Of all frames first, then of parts of them.
    patches
        Gives the covariance (d, d) and number of the same frames' patches. It is asked where lags
        alone do not do.
    """
    by_lag = [block_toeplitz(one.covariances) for one in lags]
    if all(is_above(s, _NEAR_FLOOR * floor) for s in by_lag):
        return by_lag
    # all by the same method, so that in-sample and held-out values err alike
    if len(by_lag[0]) > _LARGEST_FITTED:
        return [block_toeplitz(floored_channels(one.covariances, floor)) for one in lags]
    n_channels = len(lags[0].totals)
    return [
        block_toeplitz(fit_channel_spectra(covariance, n_channels, floor, n))
        for covariance, n in patches()
    ]


def sums_by_fold(sample: Sample) -> list[VectorSums]:
    """Sum the patches of each fold."""
    d = sample.values_per_patch
    return [
        VectorSums.of(sample.patches[sample.fold == fold].reshape(-1, d))
        for fold in range(sample.n_folds)
    ]


def channel_gap_bits(sample: Sample) -> float:
    """Entropy of one value that a Gaussian adds in the channel where it adds most, bits."""
    floors = ((one, one.noise_variance_adu2) for one in sample.by_channel())
    return max(gaussian_gap_bits(one, floor) for one, floor in floors)
