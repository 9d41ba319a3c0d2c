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
_LEAST_SHARE = 1e-3  # of the noise by the model, that repeats may show


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
        """Whether a pattern may be so much of an estimate that a search could live by it.

        A pattern is part of the estimate, so that it is no more than the estimate says, whatever
        its bound. It matters where it may be more than each of three:

        - the half-width of the interval: within it nothing is told apart anyway;
        - 0.05 bit;
        - a quarter of the estimate: what optics leave of a scene in small windows is never quite
          nothing, and a smaller bound says nothing of a camera.

        Parameters
        ----------
        half_width_bits
            NaN where there is no interval: then it allows nothing.
        bits_per_pixel
            The estimate; infinite where it is not known, and then caps nothing.
        """
        possible = min(self.at_most_bits, bits_per_pixel)
        if math.isnan(possible):
            return False
        allowed = [_LEAST_POSSIBLE_BITS]
        if math.isfinite(half_width_bits):
            allowed.append(half_width_bits)
        if math.isfinite(bits_per_pixel):
            allowed.append(_MUCH * bits_per_pixel)
        return possible > max(allowed)

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
    frames = about(middle(checked.frames, _SIDE), checked.mean_adu)
    usable = None if checked.usable is None else middle(checked.usable, _SIDE)
    repeats = DifferenceSums.of(frames, usable) if frames.shape[1] > 1 else None
    noise = noise_of_single_frames(repeats, noise_variance_adu2)
    return bound_pattern(frames[:, 0], noise, frames.mean(axis=1), noise, usable)


def noise_of_single_frames(repeats: DifferenceSums | None, by_model_adu2: float) -> float:
    """Variance of noise, by repeats where there are any: what the model lacks is no pattern."""
    if repeats is None or repeats.size == 0 or by_model_adu2 <= 0:
        return by_model_adu2
    return max(repeats.square / repeats.size / 2, _LEAST_SHARE * by_model_adu2)


def bound_pattern(
    images: NDArray[np.float32],
    image_noise_adu2: float,
    means: NDArray[np.float32],
    noise_adu2: float,
    usable: NDArray[np.bool_] | None,
) -> FewFields:
    """Bound the pattern in an image of each field.

    Parameters
    ----------
    images, image_noise_adu2
        (n, H, W) less a fixed value, and the variance of the noise in them.
    means
        (n, H, W) means of each field's frames.
    noise_adu2
        Variance of single frames' noise.
    usable
        (H, W); None for all.
    """
    halves = _windows(images, usable)
    if min(len(half) for half in halves) < _FEWEST_WINDOWS or noise_adu2 <= 0:
        return FewFields(math.nan)
    at_most = _as_bits(_white_variance(halves) - image_noise_adu2, noise_adu2)
    found = shared_variance(means, usable)
    if found is None:
        return FewFields(at_most)
    v, se = found
    shared = _as_bits(v, noise_adu2)
    most = _as_bits(v + _SIGMAS * se, noise_adu2)
    # bits rise ever slower: a step of them is no measure of chance where V is many times the noise
    chance = shared * se / v if v > 0 else most / _SIGMAS
    known = FewFields(at_most, shared, chance)
    # where the fields share nothing, chance bounds it too
    return known if known.shows else replace(known, at_most_bits=min(at_most, most))


def shared_variance(
    means: NDArray[np.float32], usable: NDArray[np.bool_] | None
) -> tuple[float, float] | None:
    """V of fields (n, H, W), ADU^2, and its standard error; None where it cannot be told."""
    n = len(means)
    if n < 2:
        return None
    sharp = np.diff(np.diff(means, axis=1), axis=2)
    if usable is not None:
        rows = usable[:-1] & usable[1:]
        sharp[:, ~(rows[:, :-1] & rows[:, 1:])] = 0
    # the mean product of two different fields
    total = sharp.sum(axis=0, dtype=np.float64)
    blocks = _block_means((total**2 - np.einsum("fij,fij->ij", sharp, sharp)) / (n * (n - 1)))
    if blocks.size < _FEWEST_BLOCKS:
        return None
    share = 1.0 if usable is None else float(np.any(sharp != 0, axis=0).mean())
    v, spread = float(blocks.mean()) / 4 / share, float(blocks.std(ddof=1)) / 4 / share
    return v, spread / math.sqrt(blocks.size)


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


def _white_variance(halves: list[NDArray[np.float32]]) -> float:
    """Variance along each half's weakest wave, in the other half."""
    covariances = [np.cov(half, rowvar=False).astype(np.float64) for half in halves]
    found = []
    for own, other in (covariances, covariances[::-1]):
        weakest = np.linalg.eigh(own)[1][:, 0]
        found.append(float(weakest @ other @ weakest))
    return float(np.mean(found))
