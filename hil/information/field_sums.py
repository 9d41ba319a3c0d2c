"""All that the stationary estimator needs of a field of view, in a size that does not grow.

y : patch less a fixed value, (d,)       Q : (d, d) precision of the model, m : (d,) its mean
A : sum of y y^T over patches            b : sum of y, n : number of patches

The mean of -log q over patches is a trace: sum (y-m)^T Q (y-m) = <Q, A> - 2 m^T Q b + n m^T Q m.
So two (d, d) arrays, one product each, stand for any number of patches.

All this is kept of z = D y, the differences of neighbouring pixels along both axes (the first row
and column stay). Products are taken in single precision, and smooth scenes leave little in z where
Q is large, so that little is lost. det D = 1, and y = E z by running sums: Q becomes E^T Q E.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.autocovariance import LagSums, frame_lag_sums, patch_lag_sums
from hil.information.gaussian_score import GaussianModel

Floats = NDArray[np.float64]

_PATCHES = 512  # per product in single precision: they stay in the cache


@dataclass(frozen=True, slots=True)
class FieldSums:
    """Sums over the frames of one field, which may carry fractional weights.

    Parameters
    ----------
    lags
        Sums of products by lag, over all pixels.
    scatter, first
        A and b of the module, of z.
    n_patches
        n, weighted.
    noise_nats
        Sum over the patches of phi's mean over their pixels, nats.
    """

    lags: LagSums
    scatter: Floats
    first: Floats
    n_patches: float
    noise_nats: float

    def __add__(self, other: FieldSums) -> FieldSums:
        return FieldSums(
            self.lags + other.lags,
            self.scatter + other.scatter,
            self.first + other.first,
            self.n_patches + other.n_patches,
            self.noise_nats + other.noise_nats,
        )

    def scaled(self, weight: float) -> FieldSums:
        """Count these frames ``weight`` times."""
        return FieldSums(
            self.lags.scaled(weight),
            weight * self.scatter,
            weight * self.first,
            weight * self.n_patches,
            weight * self.noise_nats,
        )

    def shifted(self, by_adu: float) -> FieldSums:
        """Return the sums that pixels higher by ``by_adu`` would give."""
        # of a constant, differences leave the first pixel
        scatter, first = self.scatter.copy(), self.first.copy()
        scatter[0] += by_adu * self.first
        scatter[:, 0] += by_adu * self.first
        scatter[0, 0] += by_adu**2 * self.n_patches
        first[0] += by_adu * self.n_patches
        return FieldSums(
            self.lags.shifted(by_adu),
            scatter,
            first,
            self.n_patches,
            self.noise_nats,
        )

    def cross_entropy_nats(self, model: DifferencedModel) -> float:
        """Mean of -log q over the patches, nats per pixel."""
        distance = float(np.vdot(model.precision, self.scatter)) - 2 * float(
            model.pulled @ self.first
        )
        distance = distance / self.n_patches + model.offset
        return 0.5 * (math.log(2 * math.pi) + (model.log_det + distance) / self.first.size)


@dataclass(frozen=True, slots=True)
class DifferencedModel:
    """A Gaussian of z = D y.

    Parameters
    ----------
    precision
        (d, d) Q.
    pulled, offset
        (d,) Q m, and m^T Q m.
    log_det
        Of the covariance.
    """

    precision: Floats
    pulled: Floats
    offset: float
    log_det: float

    @classmethod
    def of(cls, model: GaussianModel, p: int) -> DifferencedModel:
        """Change the variables of a model of y."""
        # W E: running sums from the other side along the columns
        square = model.whitener.reshape(-1, p, p)[:, ::-1, ::-1]
        summed = square.cumsum(axis=1).cumsum(axis=2)[:, ::-1, ::-1]
        whitener = summed.reshape(p * p, p * p)
        precision = whitener.T @ whitener
        pulled = whitener.T @ (model.whitener @ model.mean)
        offset = float(np.sum((model.whitener @ model.mean) ** 2))
        return cls(precision, pulled, offset, model.log_det)


def sum_frames(
    about: NDArray[np.float32],
    noise_nats: Callable[[], float],
    p: int,
    pool: Executor | None = None,
) -> FieldSums:
    """Sum frames (n, H, W) less a fixed value.

    Parameters
    ----------
    noise_nats
        Gives phi's mean over the pixels of the frames' patches, nats.
    pool
        Where the lags are summed while this thread does the rest.
    """
    small = about.shape[1:] == (p, p)
    later = pool.submit(frame_lag_sums, about, p) if pool is not None and not small else None
    scatter, first, n = _patch_moments(about, p)
    noise = noise_nats()
    if small:
        summed = _summed(_summed(scatter, p).T, p).T
        lags = patch_lag_sums(summed, _summed(first[:, None], p)[:, 0], n)
    else:
        lags = frame_lag_sums(about, p) if later is None else later.result()
    return FieldSums(lags, scatter, first, n, noise * n)


def tiled(frames: NDArray[Any], p: int) -> NDArray[Any]:
    """Crop (n, H, W) to the patches that fit, centred: the same as `Sample.raw_patches`."""
    height, width = frames.shape[1:]
    down, across = height // p, width // p
    top, left = (height - down * p) // 2, (width - across * p) // 2
    return frames[:, top : top + down * p, left : left + across * p]


def _patch_moments(about: NDArray[np.float32], p: int) -> tuple[Floats, Floats, int]:
    cut = tiled(about, p)
    n_frames, height, width = cut.shape
    across = width // p
    rows = cut.reshape(n_frames * (height // p), p, across, p)
    d = p * p
    scatter, first = np.zeros((d, d)), np.zeros(d)
    step = max(1, _PATCHES // across)
    for top in range(0, len(rows), step):
        patches = _differenced(rows[top : top + step].transpose(0, 2, 1, 3).reshape(-1, p, p))
        scatter += patches.T @ patches
        first += patches.sum(axis=0, dtype=np.float64)
    return scatter, first, len(rows) * across


def _differenced(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, d) differences along both axes of (n, p, p) patches; the first row and column stay."""
    n, p = patches.shape[:2]
    down = np.empty_like(patches)
    down[:, 0] = patches[:, 0]
    np.subtract(patches[:, 1:], patches[:, :-1], out=down[:, 1:])
    np.copyto(patches[:, :, 0], down[:, :, 0])
    np.subtract(down[:, :, 1:], down[:, :, :-1], out=patches[:, :, 1:])
    return patches.reshape(n, p * p)


def _summed(values: Floats, p: int) -> Floats:
    """(d, m) undo `_differenced` along the first axis."""
    square = values.reshape(p, p, -1)
    return np.cumsum(np.cumsum(square, axis=0), axis=1).reshape(values.shape)
