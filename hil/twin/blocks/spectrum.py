"""How rough scenes are, as a few numbers: the log of the power, linear in that of the frequency."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

KNOTS = 6
_HIGHEST = 0.5  # cycles a sample


@dataclass(frozen=True, slots=True)
class Roughness:
    """Power of a scene of one plane by frequency; even in all directions.

    Parameters
    ----------
    lowest
        Cycles a sample of the first knot; below it the power is that of the knot.
    level2
        Mean square of a scene's level, which is left free.
    """

    lowest: float
    level2: float

    def weights(self, grid: tuple[int, int]) -> torch.Tensor:
        """(knots, height, width // 2 + 1) how much each knot counts at a frequency."""
        fy = torch.fft.fftfreq(grid[0], dtype=torch.float64)[:, None]
        fx = torch.fft.rfftfreq(grid[1], dtype=torch.float64)[None]
        step = math.log(_HIGHEST / self.lowest) / (KNOTS - 1)
        place = torch.log(torch.hypot(fy, fx).clamp(min=self.lowest) / self.lowest) / step
        knots = torch.arange(KNOTS, dtype=torch.float64)[:, None, None]
        # diagonal frequencies lie beyond the last knot
        return (1 - (place.clamp(max=KNOTS - 1) - knots).abs()).clamp(min=0)

    def power(self, logs: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
        """Give the variance by frequency, as `hil.twin.scenes.Prior` has it."""
        found = torch.exp(torch.einsum("k,kyx->yx", logs, self.weights(grid)))
        found[0, 0] = self.level2 * grid[0] * grid[1]
        return found

    def first(self, variance: float, grid: tuple[int, int]) -> torch.Tensor:
        """Begin with a power that falls with the square of the frequency."""
        logs = torch.linspace(0, -2 * math.log(_HIGHEST / self.lowest), KNOTS, dtype=torch.float64)
        shape = self.power(logs, grid)
        shape[0, 0] = 0
        return logs + math.log(variance / float(torch.fft.irfft2(shape, s=grid)[0, 0]))
