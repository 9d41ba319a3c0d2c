"""All that the stationary estimator needs of a field of view, in a size that does not grow.

y : patch less a fixed value, (d,)       Q : (d, d) precision of the model, m : (d,) its mean
A : sum of y y^T over patches            b : sum of y, n : number of patches

The mean of -log q over patches is a trace: sum (y-m)^T Q (y-m) = <Q, A> - 2 m^T Q b + n m^T Q m.
So two (d, d) arrays, one product each, stand for any number of patches.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.autocovariance import LagSums, frame_lag_sums, patch_lag_sums
from hil.information.gaussian_score import GaussianModel

Floats = NDArray[np.float64]

_PATCHES = 2048  # per product in single precision; sums over them are kept in double


@dataclass(frozen=True, slots=True)
class FieldSums:
    """Sums over the frames of one field, which may carry fractional weights.

    Parameters
    ----------
    lags
        Sums of products by lag, over all pixels.
    scatter, first
        A and b of the module.
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
        ones = np.full_like(self.first, by_adu)
        cross = np.outer(ones, self.first)
        return FieldSums(
            self.lags.shifted(by_adu),
            self.scatter + cross + cross.T + self.n_patches * np.outer(ones, ones),
            self.first + self.n_patches * ones,
            self.n_patches,
            self.noise_nats,
        )

    def cross_entropy_nats(self, model: GaussianModel, precision: Floats) -> float:
        """Mean of -log q over the patches, nats per pixel.

        Parameters
        ----------
        model
            q, with its mean about the same value as these sums.
        precision
            (d, d) inverse covariance of ``model``.
        """
        d = self.first.size
        pulled = precision @ model.mean
        distance = float(np.vdot(precision, self.scatter)) - 2 * float(pulled @ self.first)
        distance = distance / self.n_patches + float(pulled @ model.mean)
        return 0.5 * (math.log(2 * math.pi) + (model.log_det + distance) / d)


def sum_frames(
    about: NDArray[np.float32], noise_nats: float, p: int, pool: Executor | None = None
) -> FieldSums:
    """Sum frames (n, H, W) less a fixed value; ``noise_nats`` is phi's mean over their pixels.

    Parameters
    ----------
    pool
        Where the lags are summed while this thread sums the patches.
    """
    small = about.shape[1:] == (p, p)
    later = pool.submit(frame_lag_sums, about, p) if pool is not None and not small else None
    scatter, first, n = _patch_moments(about, p)
    if small:
        lags = patch_lag_sums(scatter, first, n)
    else:
        lags = frame_lag_sums(about, p) if later is None else later.result()
    return FieldSums(lags, scatter, first, n, noise_nats * n)


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
        patches = rows[top : top + step].transpose(0, 2, 1, 3).reshape(-1, d)
        scatter += patches.T @ patches
        first += patches.sum(axis=0, dtype=np.float64)
    return scatter, first, len(rows) * across
