"""Where the apertures of the mask are.

c_i = spacing (g_i + irregularity j_i) + m_i, um from the axis

g_i are the first points of Vogel's spiral (Mathematical Biosciences 1979), which fills a disc
evenly for any number of points; the first is on the axis. j_i are drawn once for each mask, uniform
within half a spacing to either side; the first is 0, so that a single aperture stays on the axis.
m_i is how far the mask moves aperture i from there.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import torch

from sim.lensless.settings import MOST_APERTURES

CLOSED_UM = 5.0
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
        self,
        n: int,
        spacing_um: torch.Tensor,
        irregularity: torch.Tensor,
        moved_um: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """(n, 2) y and x of each aperture, um; differentiable.

        Parameters
        ----------
        n
            How many.
        spacing_um, irregularity
            0-d.
        moved_um
            (`MOST_APERTURES`, 2) y and x, how far each is moved from its place; None for none.
        """
        centres = spacing_um * (self._regular[:n] + irregularity * self._irregular[:n])
        return centres if moved_um is None else centres + moved_um[:n]


def open_diameter_um(centres_um: torch.Tensor, wanted_um: torch.Tensor) -> torch.Tensor:
    """Diameter of each aperture: as wanted, where neighbours leave room for it.

    Where two are moved onto each other, `CLOSED_UM` is left of all.
    """
    if len(centres_um) == 1:
        return wanted_um
    apart = torch.pdist(centres_um).min()
    return torch.minimum(wanted_um, torch.clamp(apart, min=CLOSED_UM))
