"""Several places to begin: windowed frames are likely at places that are not the rig's own, too.

From the numbers of the rig file 7 of 60 small microscopes, 140 nm rms off, came to such a place
with 6 trials, and 1 of 20 larger ones with 12, 276 nm from its own. Of eight starts that lie far
apart some led each of them home; up to five led to one and the same wrong place, so that agreement
of a few tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hil.twin.likelihood import Likelihood
from hil.twin.optimise import bend, descended
from sim.parts.unknown import Unknown

BETTER = 10.0
"""How much more likely, in units of the logarithm, another place has to be."""
_OTHERS = 7
_FAR_SCALES = 4.0


def from_several(
    likelihood: Likelihood, unknowns: Sequence[Unknown], start: torch.Tensor, most: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give what `hil.twin.optimise.windowed` does, from the start that leads to the best place."""
    q = likelihood.windowed(start)
    found, least = descended(q, unknowns, start, most)
    for number in range(1, _OTHERS + 1):
        there, misfit = descended(q, unknowns, elsewhere(unknowns, start, number), most)
        if misfit < least - BETTER:
            found, least = there, misfit
    return found, bend(q, unknowns, found)


def elsewhere(unknowns: Sequence[Unknown], start: torch.Tensor, number: int) -> torch.Tensor:
    """Give a start that is far from `start`, within limits; up or down by a Walsh function.

    Axes whose sign is open stay: `hil.twin.signs` turns them.

    Parameters
    ----------
    number
        Which, from 1.
    """
    away = start.clone()
    for place, one in enumerate(unknowns):
        if not one.sign_open:
            sign = -1 if ((place + 1) & number).bit_count() % 2 else 1
            at = float(start[place]) + sign * _FAR_SCALES * one.scale
            away[place] = min(max(at, one.low), one.high)
    return away
