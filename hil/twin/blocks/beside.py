"""What is fitted beside the rig's unknowns, so that these do not answer for it: means, and noise.

A few ADU that the camera adds to every pixel look like light of a shutter that is open for longer:
both have the same mean, and the scene's contrast alone tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from hil.twin.data import TrialData
from sim.parts.unknown import Unknown

_FURTHEST = 1e4  # ADU


def beside(data: Sequence[TrialData], level: float, gain: bool) -> tuple[Unknown, ...]:
    """List them, in the order in which they follow the rig's.

    Parameters
    ----------
    level
        The scene's mean, about.
    gain
        Whether the noise tells the gain: then said over true gain comes last (`hil.twin.gain`).
    """
    scale = max(0.5, data[0].floor ** 0.5 / data[0].e_per_adu)
    mean = Unknown("level", "", level, 0.02 * level, 1e-3 * level, 1e3 * level)
    offset = Unknown("offset_adu", "ADU beyond that said", 0.0, scale, -_FURTHEST, _FURTHEST)
    slope = Unknown("noise", "", 1.0, 0.05, 0.2, 5.0)
    return (mean, offset, slope) if gain else (mean, offset)
