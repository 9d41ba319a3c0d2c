"""Which settings would tell the unknowns most, before they are measured.

At one frequency the frames y_t = T_t x + noise of a scene x ~ N(0, S) are jointly Gaussian. With
u_t = T_t sqrt(w_t S), N = sum |u_t|^2, a_i = sum conj(u_t) u_ti, G_ij = sum conj(u_ti) u_tj, and
u_ti the derivative by unknown i, their Fisher information is

    F_ij = 2 Re[a_i a_j] / (1 + N)^2 + 2 N / (1 + N) Re[G_ij - conj(a_i) a_j / (1 + N)]

(Slepian and Bangs: 1/2 tr C^-1 dC C^-1 dC, of the covariance C = 1 + u u'), summed over
frequencies. The scene is unknown in it: that is why one frame alone tells little.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hil.twin.data import TrialFrames, take_in
from hil.twin.likelihood import Likelihood
from hil.twin.scenes import density_weights
from sim.parts.unknown import SceneOptics, Settings

_STEP_SCALES = 0.3
_PRIOR_SCALES = 4.0
"""How far unknowns may lie from their start, before anything is known."""


class Diversity:
    """How well the unknowns would be known.

    Parameters
    ----------
    trials
        Frames so far, one trial at least; they tell how rough scenes are, and the noise.
    optics
        The rig.
    values
        Of the unknowns, several lots of them where they are not known.
    more
        Settings that are being measured.
    """

    def __init__(
        self,
        trials: Sequence[TrialFrames],
        optics: SceneOptics,
        values: Sequence[Sequence[float]],
        more: Sequence[Settings] = (),
    ) -> None:
        self._optics = optics
        self._lots = [torch.tensor(list(one), dtype=torch.float64) for one in values]
        settings = [one.settings for one in trials]
        data = [take_in(one, optics.converter(one.settings), [0]) for one in trials]
        likelihood = Likelihood(optics, settings, data)
        likelihood.begin(self._lots[0])
        assert likelihood.prior is not None
        with torch.no_grad():
            at = likelihood.optics(self._lots[0])
        self._grid = at.grid
        dense = density_weights(data, at, likelihood.weights)
        self._root = (likelihood.prior.variance * (sum(dense) / len(dense))).sqrt()
        self._root[:, 0, 0] = 0.0  # the level tells nothing of the optics
        known = [self._sums(lot, [*settings, *more]) for lot in self._lots]
        self._known = known

    def left(self, settings: Settings) -> float:
        """Give what would be left unknown with one more trial there, in the unknowns' scales.

        Returns
        -------
        float
            Root of the sum of variances, the mean over the lots of values.
        """
        found = []
        for lot, known in zip(self._lots, self._known, strict=True):
            total = [one + two for one, two in zip(known, self._sums(lot, [settings]), strict=True)]
            fisher = _fisher(*total, width=self._grid[1])
            prior = torch.eye(len(fisher), dtype=torch.float64) / _PRIOR_SCALES**2
            found.append(float(torch.linalg.inv(fisher + prior).diagonal().sum().sqrt()))
        return sum(found) / len(found)

    def _sums(self, values: torch.Tensor, settings: Sequence[Settings]) -> list[torch.Tensor]:
        """N, a and G of some trials, frequency by frequency."""
        n = len(values)
        total: list[torch.Tensor] = []
        for one in settings:
            u = self._u(values, one)
            moved = []
            for number, unknown in enumerate(self._optics.unknowns):
                there = values.clone()
                there[number] += _STEP_SCALES * unknown.scale
                moved.append((self._u(there, one) - u) / _STEP_SCALES)
            by = torch.stack(moved)
            terms = [
                u.abs().square(),
                u.conj() * by,
                torch.stack([by[i].conj() * by[j] for i in range(n) for j in range(n) if j >= i]),
            ]
            total = [a + b for a, b in zip(total, terms, strict=True)] if total else terms
        return total

    def _u(self, values: torch.Tensor, settings: Settings) -> torch.Tensor:
        with torch.no_grad():
            transfer = self._optics.respond(values, settings, self._grid).transfer
            return transfer.to(torch.complex64) * self._root


def _fisher(total: torch.Tensor, a: torch.Tensor, g: torch.Tensor, *, width: int) -> torch.Tensor:
    """F, per scale of each unknown."""
    n = len(a)
    twice = torch.full((total.shape[-1],), 2.0)
    twice[0] = 1.0
    if width % 2 == 0:
        twice[-1] = 1.0
    one = 1.0 + total
    fisher = torch.zeros(n, n, dtype=torch.float64)
    at = 0
    for i in range(n):
        for j in range(i, n):
            paired = 2 * (a[i] * a[j]).real / one.square()
            alone = 2 * total / one * (g[at].real - (a[i].conj() * a[j]).real / one)
            fisher[i, j] = fisher[j, i] = 0.5 * ((paired + alone) * twice).sum(dtype=torch.float64)
            at += 1
    return fisher
