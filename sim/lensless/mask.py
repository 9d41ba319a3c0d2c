"""Where the apertures of the mask are.

c_i = spacing (g_i + irregularity j_i), um from the axis

g_i are the first points of Vogel's spiral (Mathematical Biosciences 1979), which fills a disc
evenly for any number of points; the first is on the axis. j_i are drawn once for each mask, uniform
within half a spacing to either side; the first is 0, so that a single aperture stays on the axis.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import torch
from numpy.typing import NDArray

MOST_APERTURES = 16
_GOLDEN_ANGLE = pi * (3 - sqrt(5))
_NEAREST = 1.03  # radius of Vogel's first ring for neighbours that are at least 1 apart


class MaskPattern:
    """Positions of up to `MOST_APERTURES` apertures.

    Parameters
    ----------
    rng
        Draws the irregularity.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        index = np.arange(MOST_APERTURES)
        angle = index * _GOLDEN_ANGLE
        regular = _NEAREST * np.sqrt(index) * np.stack([np.sin(angle), np.cos(angle)])
        irregular = rng.uniform(-0.5, 0.5, (2, MOST_APERTURES))
        irregular[:, 0] = 0.0
        self._regular = torch.from_numpy(regular.T)
        self._irregular = torch.from_numpy(irregular.T)

    def centres_um(
        self, n: int, spacing_um: torch.Tensor, irregularity: torch.Tensor
    ) -> torch.Tensor:
        """(n, 2) y and x of each aperture, um; differentiable."""
        return spacing_um * (self._regular[:n] + irregularity * self._irregular[:n])

    def open_diameter_um(
        self, n: int, spacing_um: torch.Tensor, irregularity: torch.Tensor, wanted_um: torch.Tensor
    ) -> torch.Tensor:
        """Diameter of each aperture: as wanted, where neighbours leave room for it."""
        if n == 1:
            return wanted_um
        apart = torch.pdist(self.centres_um(n, spacing_um, irregularity))
        return torch.minimum(wanted_um, apart.min())

    def reach_um(self, n: int, spacing_um: float, irregularity: float) -> float:
        """How far an aperture's centre may lie from the axis along x or y, um."""
        centres = self.centres_um(n, torch.tensor(spacing_um), torch.tensor(irregularity))
        return float(centres.abs().max())


def as_array(centres_um: torch.Tensor) -> NDArray[np.float64]:
    """Return positions as an array."""
    return np.asarray(centres_um.detach().cpu().numpy(), dtype=np.float64)
