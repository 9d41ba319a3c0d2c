"""Frames whose rows or columns repeat: a stuck line, a read-out that stopped."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.rig.guards.chance import BY_NO_CHANCE, log10_agree
from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.known_noise import KnownNoise
from hil.rig.guards.noisiness import differ_by_noise
from hil.rig.guards.past import Past
from hil.rig.guards.taken import Taken


class IdenticalRows(FrameGuard):
    """Neighbouring rows, or columns, that are equal though their noise cannot be the same.

    Of a few lines as of all of them: judged by the probability that so many pairs of lines agree
    under the known noise, with pixels that clip, count few photons or have no noise agreeing
    surely. A rig that is not known to be noisy shows by one frame taken again whether it is.

    False alarms: less than one in 10^12 frames where the noise model holds. A camera that always
    doubles lines is refused always: its noise is not that of its model.
    """

    name = "identical_rows"
    order = 80
    needs_noise = True

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        if past.repeats_itself:
            return None
        assert taken.noise is not None
        for pixels in taken.pixels:
            for what, lines in (("rows", pixels), ("columns", np.swapaxes(pixels, -1, -2))):
                n, chance = _equal_lines(lines, taken.noise, taken.saturation_adu)
                if n and chance < BY_NO_CHANCE:
                    of = lines[..., 0].size
                    return Finding(
                        f"{n} of {of} {what} equal the one before (by chance once in"
                        f" 10^{min(-chance, 1e9):.0f})",
                        {what: n, "log10_chance": chance},
                        certain=past.repeats_itself is False,
                    )
        return None

    def settle(self, taken: Taken, finding: Finding, again: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        assert taken.noise is not None
        if differ_by_noise(taken.pixels[-1], again.pixels[0], taken.noise):
            past.repeats_itself = False
            return finding
        past.repeats_itself = True
        return None


def _equal_lines(lines: NDArray[Any], noise: KnownNoise, clip_adu: int) -> tuple[int, float]:
    """How many lines equal the one before, and log10 of the probability of so many."""
    equal = (lines[..., 1:, :] == lines[..., :-1, :]).all(axis=-1)
    n = int(np.count_nonzero(equal))
    if not n:
        return 0, 0.0
    parts = [part for part, _ in noise.each(equal)]
    chance = 0.0
    for (part, own), same in zip(noise.each(lines), parts, strict=True):
        if same.any():
            chance += float(log10_agree(part[..., 1:, :][same], own, clip_adu).sum())
    ways = math.lgamma(equal.size + 1) - math.lgamma(n + 1) - math.lgamma(equal.size - n + 1)
    return n, chance + ways / math.log(10)


GUARD = IdenticalRows()
