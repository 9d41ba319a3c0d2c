"""Axes that may move the other way than they say: which signs windowed frames like best.

Focus and the even modes of a wavefront turned all at once, with the aberration's even modes, give
the same images: of signs that fit alike those that the rig file says are kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hil.twin.likelihood import Likelihood
from hil.twin.optimise import windowed
from hil.twin.several import BETTER, from_several
from sim.parts.unknown import Unknown

_MOST_TOGETHER = 3
"""Of so many axes all combinations are tried, of more one after the other."""


def best_signs(
    likelihood: Likelihood, unknowns: Sequence[Unknown], start: torch.Tensor, most: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give what `hil.twin.optimise.windowed` does, from the start whose signs fit best."""
    found, least = from_several(likelihood, unknowns, start, most), None
    places = [place for place, one in enumerate(unknowns) if one.sign_open]
    kept = torch.ones_like(start)
    for turned in _combinations(places):
        if least is None:
            least = _misfit(likelihood, start, found[0])
        signs = kept.clone()
        signs[turned] *= -1
        other = windowed(likelihood, unknowns, start * signs, most)
        misfit = _misfit(likelihood, start, other[0])
        if misfit < least - BETTER:
            found, least = other, misfit
            if len(places) > _MOST_TOGETHER:
                kept = signs
    return found


def _misfit(likelihood: Likelihood, start: torch.Tensor, values: torch.Tensor) -> float:
    with torch.no_grad():
        return float(likelihood.windowed(start)(values))


def _combinations(places: Sequence[int]) -> list[list[int]]:
    if len(places) > _MOST_TOGETHER:
        return [[place] for place in places]
    return [
        [place for bit, place in enumerate(places) if number >> bit & 1]
        for number in range(1, 2 ** len(places))
    ]
