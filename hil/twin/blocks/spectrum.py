"""How rough scenes are, as a few numbers: the log of the power, linear in that of the frequency."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

KNOTS = 6
LOGS = KNOTS + 1
"""Beside the knots, the mean square of a scene's level about its mean."""
_HIGHEST = 0.5  # cycles a sample


@dataclass(frozen=True, slots=True)
class Roughness:
    """Power of a scene of one plane by frequency; even in all directions.

    Parameters
    ----------
    lowest
        Cycles a sample of the first knot; below it the power is that of the knot.
    """

    lowest: float

    def weights(self, grid: tuple[int, int]) -> torch.Tensor:
        """Tell how much each of the logs counts at a frequency, (LOGS, height, width // 2 + 1)."""
        fy = torch.fft.fftfreq(grid[0], dtype=torch.float64)[:, None]
        fx = torch.fft.rfftfreq(grid[1], dtype=torch.float64)[None]
        step = math.log(_HIGHEST / self.lowest) / (KNOTS - 1)
        place = torch.log(torch.hypot(fy, fx).clamp(min=self.lowest) / self.lowest) / step
        knots = torch.arange(KNOTS, dtype=torch.float64)[:, None, None]
        # diagonal frequencies lie beyond the last knot
        rough = (1 - (place.clamp(max=KNOTS - 1) - knots).abs()).clamp(min=0)
        rough[:, 0, 0] = 0
        level = torch.zeros_like(rough[:1])
        level[:, 0, 0] = 1
        return torch.cat([rough, level])

    def power(self, logs: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
        """Give the variance by frequency, as `hil.twin.scenes.Prior` has it."""
        found = torch.exp(torch.einsum("k,kyx->yx", logs, self.weights(grid)))
        found[0, 0] *= grid[0] * grid[1]
        return found

    def first(self, variance: float, level: float, grid: tuple[int, int]) -> torch.Tensor:
        """Begin with a power that falls with the square of the frequency."""
        knots = torch.linspace(0, -2 * math.log(_HIGHEST / self.lowest), KNOTS)
        logs = torch.cat([knots.double(), torch.zeros(1, dtype=torch.float64)])
        shape = self.power(logs, grid)
        shape[0, 0] = 0
        logs[:KNOTS] += math.log(variance / float(torch.fft.irfft2(shape, s=grid)[0, 0]))
        logs[KNOTS] = 2 * math.log(level)
        return logs
