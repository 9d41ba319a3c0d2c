"""What values of the unknowns foretell of a block of pixels: its covariance, exactly.

C_ij(lag) = F^-1 [S T_i conj(T_j)] at the distance of two pixels, for trials i and j; N adds the
noise to the diagonal. Lags are far shorter than the grid, so that its ends do not meet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hil.twin.blocks.cut import CutFrames
from hil.twin.blocks.spectrum import LOGS, Roughness
from sim.parts.unknown import SceneOptics, Settings

_LEAST_GRID = 64
_AHEAD = 0.02  # scales, for differences


@dataclass(frozen=True, slots=True)
class Foretold:
    """At values of the unknowns.

    Parameters
    ----------
    transfers
        (trials, height, width // 2 + 1) complex128.
    even_e
        (trials,) float64.
    """

    transfers: torch.Tensor
    even_e: torch.Tensor


def grid_of(side: int, strides: tuple[int, int]) -> tuple[int, int]:
    """Choose samples on which blocks of this side do not reach half way round."""
    down, across = (
        max(_LEAST_GRID, 2 ** math.ceil(math.log2(2 * side * stride))) for stride in strides
    )
    return down, across


class BlockModel:
    """Covariances of a few trials' blocks.

    Parameters
    ----------
    optics, settings
        The rig, and each trial's settings.
    cut
        The frames.
    roughness
        The scene's spectrum; its knots' logs are unknowns besides.
    strides
        Samples from pixel to pixel, down and across.
    """

    def __init__(
        self,
        optics: SceneOptics,
        settings: Sequence[Settings],
        cut: CutFrames,
        roughness: Roughness,
        strides: tuple[int, int],
    ) -> None:
        self.cut = cut
        self._optics, self._settings, self._roughness = optics, settings, roughness
        self.grid = grid_of(cut.side, strides)
        self._weights = roughness.weights(self.grid)
        place = torch.arange(cut.side**2)
        rows, columns = place // cut.side, place % cut.side
        self._lags = tuple(
            ((at[:, None] - at[None, :]) * stride) % size
            for at, stride, size in zip((rows, columns), strides, self.grid, strict=True)
        )

    @property
    def trials(self) -> int:
        """How many there are."""
        return len(self._settings)

    def at(self, values: torch.Tensor) -> Foretold:
        """Ask the optics."""
        with torch.no_grad():
            found = [self._optics.respond(values, one, self.grid) for one in self._settings]
        transfers = torch.stack([one.transfer[0].to(torch.complex128) for one in found])
        return Foretold(transfers, torch.stack([one.even_e.double() for one in found]))

    def covariance(self, here: Foretold, logs: torch.Tensor) -> torch.Tensor:
        """(trials * pixels) squared, without noise."""
        return self._spread(here.transfers, self._roughness.power(logs, self.grid))

    def noise(self) -> torch.Tensor:
        """(trials * pixels,) its variance."""
        return self.each(self.cut.variance)

    def each(self, by_trial: torch.Tensor) -> torch.Tensor:
        """Repeat a number of each trial for all its pixels."""
        return by_trial.repeat_interleave(self.cut.side**2)

    def derivatives(
        self, values: torch.Tensor, logs: torch.Tensor, scales: torch.Tensor, here: Foretold
    ) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Give derivatives of covariance and even light, by the unknowns and then by the logs.

        One-sided differences would do for a score half a step ahead, and brightness tells some
        unknowns to far less than a step.
        """
        covariances, evens = [], []
        for number, scale in enumerate(scales.tolist()):
            step = torch.zeros_like(values)
            step[number] = _AHEAD * scale
            up, down = self.at(values + step), self.at(values - step)
            twice = 2 * _AHEAD * scale
            gap = self.covariance(up, logs) - self.covariance(down, logs)
            covariances.append(gap / twice)
            evens.append((up.even_e - down.even_e) / twice)
        power = self._roughness.power(logs, self.grid)
        for knot in range(LOGS):
            covariances.append(self._spread(here.transfers, power * self._weights[knot]))
            evens.append(torch.zeros_like(here.even_e))
        return covariances, evens

    def _spread(self, transfers: torch.Tensor, power: torch.Tensor) -> torch.Tensor:
        pairs = power * transfers[:, None] * transfers[None].conj()
        by_lag = torch.fft.irfft2(pairs, s=self.grid)[:, :, self._lags[0], self._lags[1]]
        side = self.trials * self.cut.side**2
        found: torch.Tensor = by_lag.permute(0, 2, 1, 3).reshape(side, side)
        return found
