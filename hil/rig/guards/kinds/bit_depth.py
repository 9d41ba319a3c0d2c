"""Codes of another width than the camera's."""

from __future__ import annotations

import numpy as np

from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.past import Past
from hil.rig.guards.taken import Taken


class BitDepth(FrameGuard):
    """Frames of fewer or more bits than the camera says that it has.

    Refused at once: a type that cannot hold the value at which the camera clips, a value that no
    converter of that range gives, frames of several types or ranges within a trial. Doubted, and
    refused where one frame taken again is otherwise: low bits that are 0 in all pixels and were not
    before (codes shifted up), and a mean below the dark level by more than six times the noise
    (codes shifted down).

    False alarms: none of the first kind. For the second, N pixels share k low bits of 0 by chance
    with probability 2^-kN; what a rig always does is confirmed by the second frame.
    """

    name = "bit_depth"
    order = 40

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        clips = {int(frame.meta.saturation_adu) for frame in taken.frames}
        types = {pixels.dtype for pixels in taken.pixels}
        if len(clips) > 1 or len(types) > 1:
            return Finding(f"frames of one capture have {len(types)} types and {len(clips)} clips")
        clip, dtype = clips.pop(), types.pop()
        if clip < 1:
            return Finding(f"the camera says that it clips at {clip} ADU", {"clips_at_adu": clip})
        if np.iinfo(dtype).max < clip:
            return Finding(
                f"{dtype.name} pixels cannot hold {clip} ADU, where the camera clips",
                {"type": dtype.name, "clips_at_adu": clip},
            )
        for seen in past.now.places.values():
            if seen.form[1] != dtype.name:
                words = f"pixels are {dtype.name}, those of the fields before {seen.form[1]}"
                return Finding(words, {"type": dtype.name, "expected": seen.form[1]})
        highest = max(int(pixels.max()) for pixels in taken.pixels)
        if highest > (top := _top_adu(clip)):
            words = f"a pixel reads {highest} ADU, above {top}, the most of this converter"
            return Finding(words, {"reads_adu": highest, "top_adu": top})
        return self._shifted(taken, past)

    def _shifted(self, taken: Taken, past: Past) -> Finding | None:
        dark_adu = None if taken.noise is None else taken.noise.dark_adu
        if dark_adu is not None and taken.noise is not None:
            low_adu = dark_adu - 1 - 6 * taken.noise.variance_adu2(dark_adu) ** 0.5
            if (mean_adu := min(taken.means_adu)) < low_adu:
                words = f"the mean is {mean_adu:.1f} ADU, below the dark level of {dark_adu:.1f}"
                return Finding(words, {"mean_adu": mean_adu, "dark_adu": dark_adu}, certain=False)
        first = taken.pixels[0]
        if taken.low_bits == 0 or first.size < _FEWEST_PIXELS or first.min() == first.max():
            return None
        before = [s.low_bits for s in past.now.places.values() if not s.blank]
        for trial in past.same_switches(taken.conditions):
            before += [s.low_bits for s in trial.places.values() if not s.blank]
        if not before or taken.low_bits <= max(before):
            return None
        words = f"the lowest {taken.low_bits} bits are 0 in all pixels, before {max(before)}"
        return Finding(words, {"low_bits": taken.low_bits, "expected": max(before)}, certain=False)

    def settle(self, taken: Taken, finding: Finding, again: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        other = self._shifted(again, past)
        return (
            None
            if other is not None and other.figures.keys() == finding.figures.keys()
            else finding
        )


_FEWEST_PIXELS = 64


def _top_adu(clip_adu: int) -> int:
    """Give the end of the converter: noise is added to a full well, so values lie above it, too."""
    if (clip_adu + 1) & clip_adu == 0:
        return clip_adu
    return int(2 ** (clip_adu + clip_adu // 8).bit_length() - 1)


GUARD = BitDepth()
