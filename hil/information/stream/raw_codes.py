"""What must be known of the camera's codes while frames come: under maps, and beyond the clip.

Maps of a camera change every pixel, and must know the step between codes before: it is read from
the first frames that come. What later ones show besides, a step or a pile, is flagged, and counts
as clipped.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.sample.camera_codes import WIDEST, clamped, look_at_codes, top_code_adu
from hil.information.sample.checks import CheckedFrames, check_frames
from hil.information.sample.code_counts import numbers_counted, read_codes
from hil.information.sample.codes_found import NOTHING_FOUND, CameraCodes
from hil.noise.entropy.histogram import AduCounts, joined
from hil.noise.model import FlattenedNoise, NoiseModel


@dataclass(frozen=True)
class RawCodes:
    """Codes of frames that maps are going to change, as the first ones show them.

    Parameters
    ----------
    noise
        Of the camera's own pixels, in the unit that is worked in once frames have come.
    found
        What the first frames showed.
    counts
        Histogram of all frames; None without one.
    begun
        Whether frames have come.
    """

    noise: FlattenedNoise
    found: CameraCodes = NOTHING_FOUND
    counts: AduCounts | None = None
    begun: bool = False

    def after(self, frames: NDArray[Any], usable: NDArray[np.bool_]) -> RawCodes:
        """Give what is known once frames (n, H, W) have come, of which some pixels count."""
        if frames.dtype.kind not in "ui" or frames.size == 0:
            return self
        counts = _counts(frames[..., usable] if usable.ndim else frames)
        if self.begun:
            both = counts if self.counts is None else joined(self.counts, counts)
            return replace(self, counts=both)
        _, noise, found = look_at_codes(frames[None], self.noise, usable if usable.ndim else None)
        return RawCodes(noise, replace(found, duplicates=0), counts, begun=True)

    def merged(self, other: RawCodes) -> RawCodes | None:
        """Give what both have seen; None where they divide by different steps."""
        if not (self.begun and other.begun):
            return self if self.begun else other
        if self.found.divided != other.found.divided or self.found.step != other.found.step:
            return None
        return replace(self, counts=joined(self.counts, other.counts))

    def all_found(self) -> CameraCodes:
        """Give what the first frames showed, and all of them."""
        if self.counts is None or self.counts.counts.size < 2:
            return self.found
        counts = self.counts
        if self.found.divided:
            counts = numbers_counted(counts, self.found.step)
        _, late = read_codes(counts, self.noise, lambda _: (math.inf, True))
        if late.divided and not self.found.divided:  # too late for it
            return replace(late, divided=False, unit="adu")
        return replace(
            self.found,
            top_adu=self.found.top_adu if late.top_adu is None else self._adu(late.top_adu),
            black_adu=self.found.black_adu if late.black_adu is None else self._adu(late.black_adu),
            piled_share=max(self.found.piled_share, late.piled_share),
        )

    def _adu(self, number: float) -> float:
        return self.found.step.adu(number) if self.found.divided else number


def check_codes(
    frames: NDArray[Any],
    noise: NoiseModel,
    patch_size: int,
    usable: NDArray[np.bool_] | None,
    known: Callable[[], AduCounts | None],
) -> CheckedFrames:
    """Check frames (n, H, W) that are still in ADU; see `check_frames`.

    Codes that lie a step apart may exceed a clip that is stated in steps, and what is a little
    above a full well is put to it.

    Parameters
    ----------
    known
        Gives the histogram of all frames before; None without one.
    """
    pixels = frames if usable is None else frames[..., usable]
    highest = float(pixels.max(initial=0)) if pixels.dtype.kind in "ui" else -math.inf
    if highest <= noise.highest_adu:
        return check_frames(frames[None], noise, patch_size, usable)
    counts, before = _counts(pixels), known()
    both = counts if before is None else joined(counts, before)
    codes = NOTHING_FOUND
    if both is not None and both.counts.size > 1 and both.first_adu >= 0:
        _, codes = read_codes(both, noise, lambda _: (math.inf, True))
    if not (codes.divided and codes.unit == "codes"):
        if highest <= top_code_adu(noise):
            frames = clamped(frames, noise)
        return check_frames(frames[None], noise, patch_size, usable)
    numbers = clamped(codes.numbers(frames), noise)
    checked = check_frames(numbers[None], noise, patch_size, usable)
    adu = np.rint(codes.step.step_adu * checked.frames + codes.step.phase_adu)
    return CheckedFrames(
        adu.astype(frames.dtype),
        True,
        float(round(codes.step.adu(checked.lowest_adu))),
        float(round(codes.step.adu(checked.highest_adu))),
        usable,
    )


def _counts(pixels: NDArray[Any]) -> AduCounts | None:
    low, high = int(pixels.min()), int(pixels.max())
    return None if low < 0 or high - low >= WIDEST else AduCounts.of(pixels)
