"""Several places to begin: windowed frames are likely at places that are not the rig's own, too.

From the numbers of the rig file one microscope in 40 came to such a place, 276 nm from its own, and
from eight others to its own each time. So the descent begins anew, far away in other directions,
until two have come to the best place that was found.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hil.twin.likelihood import Likelihood
from hil.twin.optimise import bend, descended
from sim.parts.unknown import Unknown

BETTER = 10.0
"""How much more likely, in units of the logarithm, another place has to be."""
_MOST = 7
_FAR_SCALES = 4.0


def from_several(
    likelihood: Likelihood, unknowns: Sequence[Unknown], start: torch.Tensor, most: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give what `hil.twin.optimise.windowed` does, from the start that leads to the best place."""
    q = likelihood.windowed(start)
    found, least = descended(q, unknowns, start, most)
    reached = 1
    for number in range(1, _MOST + 1):
        there, misfit = descended(q, unknowns, elsewhere(unknowns, start, number), most)
        if misfit < least - BETTER:
            found, least, reached = there, misfit, 1
        elif misfit < least + BETTER:
            reached += 1
        if reached == 2:
            break
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
