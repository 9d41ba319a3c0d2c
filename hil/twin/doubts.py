"""What was taken as said, and the frames speak against: the score test.

g, H : gradient and curvature of L in all unknowns, those in doubt (e) and those fitted (r)
    g_e' = g_e - H_er H_rr^-1 g_r,   H_e' = H_ee - H_er H_rr^-1 H_re
    off = -g_e' / H_e', and its standard deviation 1 / sqrt(H_e')

(C. R. Rao, Math. Proc. Camb. Phil. Soc. 44, 50 (1948)). One unknown in doubt at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hil.twin.likelihood import Likelihood
from sim.parts.unknown import SceneOptics

_SURE = 5.0
_LEAST_SCALES = 0.3  # of its scale: less is not worth a word
_AHEAD = 0.2  # scales


@dataclass(frozen=True, slots=True)
class Doubt:
    """A number that was taken as said.

    Parameters
    ----------
    name
        As `SceneOptics.further` has it.
    said, seems
        What it is said to be, and about what it seems to be.
    sds
        How far off it is, in standard deviations.
    """

    name: str
    said: float
    seems: float
    sds: float


def doubts(
    likelihood: Likelihood,
    optics: SceneOptics,
    names: Sequence[str],
    values: torch.Tensor,
    curvature: torch.Tensor,
    d: torch.Tensor,
) -> tuple[Doubt, ...]:
    """Test `names`, none of which was fitted; worst first.

    Parameters
    ----------
    values, curvature, d
        Where the fit came to, and H_rr.
    """
    found = []
    fitted = [one.name for one in optics.unknowns if one.name in optics.further]
    for name in names:
        wider = optics.with_further([*fitted, name])
        extra = wider.unknowns[-1]
        larger = likelihood.of(wider)
        at = torch.cat([values, torch.tensor([extra.start], dtype=torch.float64)])
        here = larger.slope(at, d)
        ahead = at.clone()
        ahead[-1] += _AHEAD * extra.scale
        column = (larger.slope(ahead, here.d).gradient - here.gradient) / (_AHEAD * extra.scale)
        ridge = 1e-9 * curvature.diagonal().abs().max() * torch.eye(len(values)).double()
        solved = torch.linalg.solve(curvature + ridge, column[:-1])
        bent = float(column[-1] - column[:-1] @ solved)
        slope = float(here.gradient[-1] - solved @ here.gradient[:-1])
        if bent <= 0:
            continue
        off, sds = -slope / bent, abs(slope) / bent**0.5
        if sds > _SURE and abs(off) > _LEAST_SCALES * extra.scale:
            found.append(Doubt(name, extra.start, extra.start + off, sds))
    return tuple(sorted(found, key=lambda one: -one.sds))
