"""How much of an estimate the camera's own pixels may be, where fields are too few to show it.

N : variance of a single frame's noise, from repeats where there are, ADU^2
e : variance of small windows of single frames along the weakest eigenvector of their covariance, of
    other windows than those it was found in, less N
V : a quarter of the mean product of two fields' differences along rows and columns, ADU^2

With four fields the pattern that they share is known (`fixed_pattern`). One field tells nothing
apart, but bounds it: pixels that differ by themselves are white, so that their variance is in every
wave, those included that optics leave without scene (Pyatykh, Hesser and Zheng, IEEE Trans. Image
Process. 2013, who find noise so). They are no more than e, and pass for no more than

    1/2 log2(1 + e / N) bits, which is what they are where no scene is

Two or three fields show V, whose error the blocks of the frame tell: their scenes are others, their
pixels the same. A scene sharper than the pixels is white too. Then nobody can say whose it is, and
a search that is free to choose the light would be paid for the camera's: it must not win by that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.diagnostics.difference_sums import DifferenceSums
from hil.information.diagnostics.flags import about, middle
from hil.information.sample.checks import CheckedFrames

_SIDE = 256  # pixels of the frames' middle
_WINDOW = 6
_FEWEST_WINDOWS = 1000  # on either side
_BLOCK = 16  # pixels
_FEWEST_BLOCKS = 16
_SIGMAS = 4.0
_LEAST_BITS, _LEAST_POSSIBLE_BITS = 0.005, 0.05
_MUCH = 0.25  # of the estimate


@dataclass(frozen=True, slots=True)
class FewFields:
    """What one to three fields say of the camera's pixels.

    Parameters
    ----------
    at_most_bits
        Per pixel, that a pattern can pass for; NaN where the frames are too small to tell.
    shared_bits, shared_se_bits
        What two fields or three have in common, and its standard error; NaN with one.
    """

    at_most_bits: float
    shared_bits: float = math.nan
    shared_se_bits: float = math.nan

    @property
    def shows(self) -> bool:
        """Whether a pattern is there, beyond chance."""
        return self.shared_bits > max(_SIGMAS * self.shared_se_bits, _LEAST_BITS)

    def may_be(self, half_width_bits: float, bits_per_pixel: float) -> bool:
        """Whether one may be that is worth more than the interval of an estimate, and much of it.

        What optics leave of a scene in small windows is never quite nothing: a bound of less than
        a quarter of the estimate says nothing of a camera.
        """
        allowed = half_width_bits if math.isfinite(half_width_bits) else 0.0
        least = max(allowed, _LEAST_POSSIBLE_BITS, _MUCH * bits_per_pixel)
        return min(self.at_most_bits, bits_per_pixel) > (
            least if math.isfinite(bits_per_pixel) else max(allowed, _LEAST_POSSIBLE_BITS)
        )

    def details(self) -> dict[str, Any]:
        """Give what an estimate states."""
        if math.isnan(self.at_most_bits):
            return {}
        return {"pattern_at_most_bits": self.at_most_bits}


def check_few_fields(checked: CheckedFrames, noise_variance_adu2: float) -> FewFields:
    """Bound the pattern of one to three fields without maps.

    Parameters
    ----------
    noise_variance_adu2
        Of single frames, by the noise model.
    """
    frames = middle(checked.frames, _SIDE)
    n_fields, n_repeats = frames.shape[:2]
    usable = None if checked.usable is None else middle(checked.usable, _SIDE)
    halves = _windows(about(frames[:, 0], checked.mean_adu), usable)
    if min(len(half) for half in halves) < _FEWEST_WINDOWS or noise_variance_adu2 <= 0:
        return FewFields(math.nan)
    noise = noise_variance_adu2
    if n_repeats > 1:
        sums = DifferenceSums.of(about(frames, checked.mean_adu), usable)
        noise = max(sums.square / sums.size / 2, 1e-3 * noise)
    at_most = _white_bits(halves, noise)
    if n_fields == 1:
        return FewFields(at_most)
    means = about(frames, checked.mean_adu).mean(axis=1)
    sharp = np.diff(np.diff(means, axis=1), axis=2).astype(np.float64)
    if usable is not None:
        rows = usable[:-1] & usable[1:]
        sharp[:, ~(rows[:, :-1] & rows[:, 1:])] = 0
    product = np.mean([a * b for a, b in combinations(sharp, 2)], axis=0)
    blocks = _block_means(product)
    if blocks.size < _FEWEST_BLOCKS:
        return FewFields(at_most)
    share = 1.0 if usable is None else float(np.any(sharp != 0, axis=0).mean())
    v, se = float(blocks.mean()) / 4 / share, float(blocks.std(ddof=1)) / 4 / share
    se /= math.sqrt(blocks.size)
    shared = _as_bits(v, noise)
    most = _as_bits(v + _SIGMAS * se, noise)
    found = FewFields(at_most, shared, (most - shared) / _SIGMAS)
    # where the fields share nothing, chance bounds it too
    return found if found.shows else replace(found, at_most_bits=min(at_most, most))


def _as_bits(variance: float, noise: float) -> float:
    return 0.5 * math.log2(1 + max(variance, 0.0) / noise)


def _block_means(image: Floats) -> Floats:
    """(n,) means of the blocks that tile an image (H, W)."""
    down, across = (size // _BLOCK for size in image.shape)
    cut = image[: down * _BLOCK, : across * _BLOCK].reshape(down, _BLOCK, across, _BLOCK)
    result: Floats = cut.mean(axis=(1, 3)).reshape(-1)
    return result


def _windows(
    frames: NDArray[np.float32], usable: NDArray[np.bool_] | None
) -> list[NDArray[np.float32]]:
    """(n, d) windows, overlapping, of the upper and of the lower half of frames (F, H, W)."""
    size = (_WINDOW, _WINDOW)
    middle_row = frames.shape[1] // 2
    halves = []
    for rows in (slice(None, middle_row), slice(middle_row, None)):
        part = frames[:, rows]
        if min(part.shape[1:]) < _WINDOW:
            return [np.empty((0, _WINDOW**2), np.float32)]
        cut = np.lib.stride_tricks.sliding_window_view(part, size, axis=(1, 2))
        if usable is not None:
            whole = np.lib.stride_tricks.sliding_window_view(usable[rows], size).all(axis=(2, 3))
            cut = cut[:, whole]
        halves.append(cut.reshape(-1, _WINDOW**2))
    return halves


def _white_bits(halves: list[NDArray[np.float32]], noise: float) -> float:
    covariances = [np.cov(half, rowvar=False).astype(np.float64) for half in halves]
    found = []
    for own, other in (covariances, covariances[::-1]):
        weakest = np.linalg.eigh(own)[1][:, 0]
        found.append(float(weakest @ other @ weakest))
    return _as_bits(float(np.mean(found)) - noise, noise)
