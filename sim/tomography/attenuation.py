"""Mass attenuation of water, cortical bone and aluminium, and energy absorption in air.

mu / rho, cm^2/g, from Hubbell and Seltzer, *Tables of X-Ray Mass Attenuation Coefficients and Mass
Energy-Absorption Coefficients*, NIST Standard Reference Database 126 (NISTIR 5632; computed with
XCOM). None of the four has an absorption edge above 10 keV, so that monotone cubics between the
logarithms (Fritsch and Carlson, SIAM J. Numer. Anal. 1980) run smoothly through the table.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

_ENERGY_KEV = (10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200)
_CM2_PER_G = {
    "water": (
        *(5.329, 1.673, 0.8096, 0.3756, 0.2683, 0.2269, 0.2059),
        *(0.1837, 0.1707, 0.1505, 0.1370),
    ),
    "bone": (
        *(28.51, 9.032, 4.001, 1.331, 0.6655, 0.4242, 0.3148),
        *(0.2229, 0.1855, 0.1480, 0.1309),
    ),
    "aluminium": (
        *(26.23, 7.955, 3.441, 1.128, 0.5685, 0.3681, 0.2778),
        *(0.2018, 0.1704, 0.1378, 0.1223),
    ),
    "air, energy absorption": (
        *(4.742, 1.334, 0.5389, 0.1537, 0.06833, 0.04098, 0.03041),
        *(0.02407, 0.02325, 0.02496, 0.02672),
    ),
}


def mass_attenuation(material: str, energy_kev: torch.Tensor) -> torch.Tensor:
    """Interpolate a coefficient; differentiable.

    Parameters
    ----------
    material
        ``"water"``, ``"bone"``, ``"aluminium"`` or ``"air, energy absorption"``.
    energy_kev
        Any shape, 10 to 200 keV.

    Returns
    -------
    Tensor
        cm^2/g, in the shape and dtype of the energies.
    """
    knots, coefficients = _cubics(material)
    x = torch.log(energy_kev)
    piece = torch.clamp(
        torch.searchsorted(knots, x.detach().to(torch.float64), right=True) - 1, 0, len(knots) - 2
    )
    c = coefficients.to(x.dtype)[:, piece]
    d = x - knots.to(x.dtype)[piece]
    return torch.exp(((c[0] * d + c[1]) * d + c[2]) * d + c[3])


@cache
def _cubics(material: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Knots (n,) in ln keV, and the cubics' coefficients (4, n - 1), highest power first."""
    from scipy.interpolate import PchipInterpolator  # slow to import

    x = np.log(np.asarray(_ENERGY_KEV, np.float64))
    pieces = PchipInterpolator(x, np.log(_CM2_PER_G[material]))
    return torch.from_numpy(x), torch.from_numpy(np.ascontiguousarray(pieces.c))
