"""Numbers of the rig file that blocks speak against: the score test, one number at a time.

g_b, I : score of block b and information in a number (e) and in all that was fitted (r)
    g_b' = g_eb - I_er I_rr^-1 g_rb,   I' = I_ee - I_er I_rr^-1 I_re
    off = -sum_b g_b' / I', of variance 1 / I' or sum_b g_b'^2 / I'^2, whichever is more

(C. R. Rao, Math. Proc. Camb. Phil. Soc. 44, 50 (1948); for likelihoods of blocks that are not
independent C. Varin, N. Reid and D. Firth, Statistica Sinica 21, 5 (2011)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from sim.parts.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What frames say of a number that was not fitted.

    Parameters
    ----------
    unknown
        Which; `start` is what it was taken as.
    off, sd
        About how far it is from that, and the standard deviation.
    moves
        What was fitted moves by so much, each, for a change of 1 in it.
    """

    unknown: Unknown
    off: float
    sd: float
    moves: torch.Tensor


def suspicions(
    unknowns: Sequence[Unknown], by_block: torch.Tensor, information: torch.Tensor
) -> tuple[Suspicion, ...]:
    """Test each by itself.

    Parameters
    ----------
    unknowns
        Those that are tested; they come after all that was fitted.
    by_block, information
        (n, blocks) and (n, n), as `hil.twin.blocks.score.Scored` has them.
    """
    fitted = len(information) - len(unknowns)
    own = information[:fitted, :fitted]
    ridge = torch.diag(1e-12 * own.diagonal().abs().clamp(min=1e-300))
    found = []
    for place, unknown in enumerate(unknowns, start=fitted):
        with_them = information[place, :fitted]
        solved = torch.linalg.solve(own + ridge, with_them)
        left = float(information[place, place] - with_them @ solved)
        if left <= 0:
            continue
        score = by_block[place] - solved @ by_block[:fitted]
        varies = float(score.square().sum()) / left**2
        off, sd = -float(score.sum()) / left, max(1 / left, varies) ** 0.5
        found.append(Suspicion(unknown, off, sd, -solved))
    return tuple(found)
