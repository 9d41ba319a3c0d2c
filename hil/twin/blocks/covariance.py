"""What values of the unknowns foretell of a block of pixels: its covariance, exactly.

C_ij(lag) = F^-1 [S T_i conj(T_j)] at the distance of two pixels, for trials i and j; N adds the
noise to the diagonal. Lags are far shorter than the grid, so that its ends do not meet. After the
rig's unknowns come those of `hil.twin.blocks.beside`, as many as are given.
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
_AS_SAID = (0.0, 0.0, 1.0)
_LEAST_NOISE = 1e-6  # electrons^2
_AHEAD = 0.02  # scales, for differences


@dataclass(frozen=True, slots=True)
class Foretold:
    """At values of the unknowns.

    Parameters
    ----------
    transfers
        (trials, height, width // 2 + 1) complex128.
    mean_e
        (trials,) float64, of all pixels.
    noise
        (trials,) its variance.
    """

    transfers: torch.Tensor
    mean_e: torch.Tensor
    noise: torch.Tensor


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
        self.cut, self._strides = cut, strides
        self._optics, self._settings, self._roughness = optics, settings, roughness
        self.grid = grid_of(cut.side, strides)
        self._weights = roughness.weights(self.grid)
        self._of_rig = len(optics.unknowns)
        place = torch.arange(cut.side**2)
        rows, columns = place // cut.side, place % cut.side
        self._lags = tuple(
            ((at[:, None] - at[None, :]) * stride) % size
            for at, stride, size in zip((rows, columns), strides, self.grid, strict=True)
        )

    def of(self, optics: SceneOptics) -> BlockModel:
        """Give the same of another rig with the same unknowns."""
        return BlockModel(optics, self._settings, self.cut, self._roughness, self._strides)

    @property
    def trials(self) -> int:
        """How many there are."""
        return len(self._settings)

    def at(self, values: torch.Tensor) -> Foretold:
        """Ask the optics."""
        with torch.no_grad():
            rig = values[: self._of_rig]
            found = [self._optics.respond(rig, one, self.grid) for one in self._settings]
        transfers = torch.stack([one.transfer[0].to(torch.complex128) for one in found])
        even_e = torch.stack([one.even_e.double() for one in found])
        return self._as_seen(values, transfers, even_e)

    def _as_seen(
        self, values: torch.Tensor, transfers: torch.Tensor, even_e: torch.Tensor
    ) -> Foretold:
        """Add the scene's level, the camera's offset beyond the one said, and the noise."""
        given, cut = values[self._of_rig :].tolist(), self.cut
        level, offset_adu, slope = given + list(_AS_SAID[len(given) :])
        offset_e = offset_adu * cut.e_per_adu
        shot = (cut.shot - cut.slope * offset_e).clamp(min=0)
        noise = (slope**2 * cut.floor + slope * shot).clamp(min=_LEAST_NOISE)
        mean_e = even_e + offset_e + level * transfers[:, 0, 0].real
        return Foretold(transfers, mean_e, noise)

    def covariance(self, here: Foretold, logs: torch.Tensor) -> torch.Tensor:
        """(trials * pixels) squared, without noise."""
        return self._spread(here.transfers, self._roughness.power(logs, self.grid))

    def whole(self, here: Foretold, logs: torch.Tensor) -> torch.Tensor:
        """Give the same with noise."""
        found = self.covariance(here, logs)
        found.diagonal().add_(self.each(here.noise))
        return found

    def each(self, by_trial: torch.Tensor) -> torch.Tensor:
        """Repeat a number of each trial for all its pixels."""
        return by_trial.repeat_interleave(self.cut.side**2)

    def derivatives(
        self, values: torch.Tensor, logs: torch.Tensor, scales: torch.Tensor, here: Foretold
    ) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Give derivatives of covariance and mean, by the unknowns and then by the logs.

        One-sided differences would do for a score half a step ahead, and brightness tells some
        unknowns to far less than a step.
        """
        covariances, means = [], []
        for number, scale in enumerate(scales.tolist()):
            step = torch.zeros_like(values)
            step[number] = _AHEAD * scale
            up, down = self.at(values + step), self.at(values - step)
            twice = 2 * _AHEAD * scale
            covariances.append((self.whole(up, logs) - self.whole(down, logs)) / twice)
            means.append((up.mean_e - down.mean_e) / twice)
        power = self._roughness.power(logs, self.grid)
        for knot in range(LOGS):
            covariances.append(self._spread(here.transfers, power * self._weights[knot]))
            means.append(torch.zeros_like(here.mean_e))
        return covariances, means

    def _spread(self, transfers: torch.Tensor, power: torch.Tensor) -> torch.Tensor:
        pairs = power * transfers[:, None] * transfers[None].conj()
        by_lag = torch.fft.irfft2(pairs, s=self.grid)[:, :, self._lags[0], self._lags[1]]
        side = self.trials * self.cut.side**2
        found: torch.Tensor = by_lag.permute(0, 2, 1, 3).reshape(side, side)
        return found
