"""First and second moments of patches, and the cross-entropy of a Gaussian from them alone.

y : patch less a fixed value, (d,)       Q : (d, d) precision of the model, m : (d,) its mean
A : sum of y y^T over patches            b : sum of y, n : number of patches

The mean of -log q over patches is a trace: sum (y-m)^T Q (y-m) = <Q, A> - 2 m^T Q b + n m^T Q m.
So two arrays, one product each, stand for any number of patches.

All this is kept of z = D y, the differences of neighbouring pixels along both axes (the first row
and column stay). Products are taken in single precision, and smooth scenes leave little in z where
Q is large, so that little is lost. det D = 1, and y = E z by running sums: Q becomes E^T Q E.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.gaussian_score import GaussianModel

Floats = NDArray[np.float64]

_CHUNK = 512  # patches per product in single precision: they stay in the cache
_FEW = 1024  # patches: so few cost little in double precision, and leave little to average over


@dataclass(frozen=True, slots=True)
class PatchMoments:
    """Sums over patches, which may carry fractional weights.

    Parameters
    ----------
    second, first
        A and b of the module, of z.
    n
        Number of patches, weighted.
    """

    second: Floats
    first: Floats
    n: float

    def __add__(self, other: PatchMoments) -> PatchMoments:
        return PatchMoments(self.second + other.second, self.first + other.first, self.n + other.n)

    def __sub__(self, other: PatchMoments) -> PatchMoments:
        return self + other.scaled(-1.0)

    def scaled(self, weight: float) -> PatchMoments:
        """Count these patches ``weight`` times."""
        return PatchMoments(weight * self.second, weight * self.first, weight * self.n)

    def shifted(self, by_adu: float) -> PatchMoments:
        """Return the sums that pixels higher by ``by_adu`` would give."""
        # of a constant, differences leave the first pixel
        second, first = self.second.copy(), self.first.copy()
        second[0] += by_adu * self.first
        second[:, 0] += by_adu * self.first
        second[0, 0] += by_adu**2 * self.n
        first[0] += by_adu * self.n
        return PatchMoments(second, first, self.n)

    @property
    def pixel_sums(self) -> tuple[Floats, Floats]:
        """Sums of y y^T (d, d), and of y (d,)."""
        p = math.isqrt(self.first.size)
        second = _summed(_summed(self.second, p).T, p)
        return second, _summed(self.first[:, None], p)[:, 0]

    def covariance(self, mean: float) -> Floats:
        """Return the mean of (y - mean)(y - mean)^T, (d, d)."""
        second, first = self.shifted(-mean).scaled(1 / self.n).pixel_sums
        del first
        return second

    def cross_entropy_nats(self, model: DifferencedModel) -> float:
        """Mean of -log q over the patches, nats per pixel."""
        distance = float(np.vdot(model.precision, self.second)) - 2 * float(
            model.pulled @ self.first
        )
        distance = distance / self.n + model.offset
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


def frame_moments(about: NDArray[np.float32], p: int) -> PatchMoments:
    """Sum over the patches that tile frames (n, H, W), less a fixed value."""
    cut = tiled(about, p)
    n_frames, height, width = cut.shape
    across = width // p
    rows = cut.reshape(n_frames * (height // p), p, across, p)
    step = max(1, _CHUNK // across)
    total = None
    for top in range(0, len(rows), step):
        patches = rows[top : top + step].transpose(0, 2, 1, 3).reshape(-1, p, p)
        part = patch_moments(patches, single=len(rows) * across >= _FEW)
        total = part if total is None else total + part
    assert total is not None  # frames are no smaller than a patch
    return total


def patch_moments(patches: NDArray[np.float32], single: bool = True) -> PatchMoments:
    """Sum over patches (n, p, p), which are overwritten.

    Parameters
    ----------
    single
        Whether products are taken in single precision.
    """
    n = patches.shape[0]
    values = _differenced(patches)
    if not single:
        values = values.astype(np.float64)
    first = np.ones(n, values.dtype) @ values
    return PatchMoments((values.T @ values).astype(np.float64), first.astype(np.float64), n)


def tiled(frames: NDArray[Any], p: int) -> NDArray[Any]:
    """Crop (n, H, W) to the patches that fit, centred: the same as `Sample.raw_patches`."""
    height, width = frames.shape[1:]
    down, across = height // p, width // p
    top, left = (height - down * p) // 2, (width - across * p) // 2
    return frames[:, top : top + down * p, left : left + across * p]


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
