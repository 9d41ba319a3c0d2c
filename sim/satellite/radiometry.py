"""Sunlight, land and haze: from reflectance to electrons.

E(l)   : sunlight at the top of the atmosphere, W m^-2 nm^-1: a black body of 5772 K, as large as
         the sun is (IAU 2015 nominal values)
rho(l) : reflectance of the ground, between the bands of Landsat linearly
tau(l) : transmission of the air straight up, exp(-R - A): Rayleigh's optical depth R = 0.008569
         l^-4 (1 + 0.0113 l^-2 + 0.00013 l^-4), l in um (Hansen and Travis, Space Sci. Rev. 16,
         1974), and haze A = haze (l / 550 nm)^-1.3 (Angstrom)
L(l)   : radiance at the telescope, (E mu / pi) (rho tau^(1 + 1/mu) + rho_path)
rho_path : what the air itself sends up, half of what it scatters: (1 - tau) / 2
e(l)   : electrons a second, nm and unit radiance: A Omega T q(l) l / (h c)

mu is the cosine of the sun's angle from the zenith. Single scattering, Lambertian ground.
"""

from __future__ import annotations

import torch
from scipy.constants import c, h

from sim.parts.spectra import planck, silicon

_SUN_K = 5772.0
_SUN_SR = 6.7949e-5  # solid angle of the sun at 1 au

BANDS_NM = (483.0, 560.0, 662.0, 835.0)
"""Middles of Landsat 7's bands 1 to 4 (USGS Landsat 7 handbook, table 2.1)."""


def sunlight(l_nm: torch.Tensor) -> torch.Tensor:
    """E(l), W m^-2 nm^-1."""
    return planck(l_nm * 1e-9, _SUN_K, torch.expm1) * _SUN_SR * 1e-9


def transmission(l_nm: torch.Tensor, haze: float) -> torch.Tensor:
    """tau(l); ``haze`` is the aerosol's optical depth at 550 nm."""
    l_um = l_nm / 1e3
    rayleigh = 0.008569 * l_um**-4 * (1 + 0.0113 * l_um**-2 + 0.00013 * l_um**-4)
    return torch.exp(-rayleigh - haze * (l_nm / 550) ** -1.3)


def band_share(l_nm: torch.Tensor) -> torch.Tensor:
    """(bands, n) how much each of `BANDS_NM` counts for the reflectance at each wavelength."""
    known = torch.tensor(BANDS_NM, dtype=l_nm.dtype)
    place = torch.clamp(l_nm, known[0], known[-1])
    upper = torch.clamp(torch.searchsorted(known, place.detach()), 1, len(BANDS_NM) - 1)
    share = (place - known[upper - 1]) / (known[upper] - known[upper - 1])
    rows = torch.zeros(len(BANDS_NM), l_nm.numel(), dtype=l_nm.dtype)
    rows = rows.scatter(0, (upper - 1)[None], (1 - share)[None])
    return rows.scatter_add(0, upper[None], share[None])


def electron_rates(
    l_nm: torch.Tensor, etendue_m2_sr: float, mu: float, haze: float, peak_efficiency: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Electrons a second and nm, from ground of reflectance 1, and from the air.

    Parameters
    ----------
    l_nm
        (n,) wavelengths.
    etendue_m2_sr
        A Omega T: open area of the telescope, solid angle of a pixel, transmission of the optics.
    mu, haze
        See the module.
    peak_efficiency
        Of the sensor.

    Returns
    -------
    ground, air
        (n,) each.
    """
    tau = transmission(l_nm, haze)
    photon_j = h * c / (l_nm * 1e-9)
    scale = sunlight(l_nm) * mu / torch.pi * etendue_m2_sr / photon_j
    scale = scale * silicon(l_nm, peak_efficiency, torch.exp)
    return scale * tau ** (1 + 1 / mu), scale * (1 - tau) / 2
