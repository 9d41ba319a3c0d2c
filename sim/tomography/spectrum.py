"""The light of an X-ray tube, as a few effective energies.

V     : tube voltage, kV; no photon has more than V keV
n(E)  : photons of energy E from a thick target, n(E) ~ V / E - 1 (Kramers, Phil. Mag. 1923)
f(E)  : what the filter lets through, exp(-mu_Al(E) t)
E_k   : Gauss-Legendre nodes between the lowest energy and V: they move with V, so that everything
        is a smooth function of it
w_k   : photons near E_k over all photons at `REFERENCE_KV`, behind the filter

The characteristic lines of the anode are left out, and the detector counts photons of all energies
alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from sim.tomography.attenuation import mass_attenuation
from sim.tomography.materials import ALUMINIUM_G_PER_CM3

REFERENCE_KV = 100.0
LOWEST_KEV = 12.0  # below, a filter leaves nothing
NODES = 8
_KEV_PER_G_IN_MGY = 1.602176634e-16 * 1e3 * 1e3  # J a keV, g a kg, mGy a Gy


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Effective energies and how much light each brings.

    Parameters
    ----------
    energy_kev
        (K,) keV.
    weight
        (K,), photons relative to all photons at `REFERENCE_KV` and the same charge.
    """

    energy_kev: torch.Tensor
    weight: torch.Tensor

    @property
    def kerma_mgy_cm2(self) -> torch.Tensor:
        """Air kerma of the light that is one photon at `REFERENCE_KV`, on 1 cm^2, mGy.

        Kerma is fluence times energy times mass energy-absorption, summed over energies.
        """
        absorbed = mass_attenuation("air, energy absorption", self.energy_kev)
        return (self.weight * self.energy_kev * absorbed).sum() * _KEV_PER_G_IN_MGY


def tube_spectrum(voltage_kv: torch.Tensor, filter_mm: float, nodes: int = NODES) -> Spectrum:
    """Compute the spectrum behind an aluminium filter.

    Parameters
    ----------
    voltage_kv
        0-d.
    filter_mm
        Thickness of the filter.
    nodes
        Number of effective energies.
    """
    reference = torch.full_like(voltage_kv, REFERENCE_KV)
    energy, photons = _photons(voltage_kv, filter_mm, nodes)
    _, least = _photons(reference, filter_mm, nodes)
    return Spectrum(energy, photons / least.sum())


def _photons(
    voltage_kv: torch.Tensor, filter_mm: float, nodes: int
) -> tuple[torch.Tensor, torch.Tensor]:
    x, w = (torch.from_numpy(a).to(voltage_kv) for a in np.polynomial.legendre.leggauss(nodes))
    half = (voltage_kv - LOWEST_KEV) / 2
    energy = LOWEST_KEV + half * (1 + x)
    depth = mass_attenuation("aluminium", energy) * ALUMINIUM_G_PER_CM3 * filter_mm / 10
    return energy, half * w * (voltage_kv / energy - 1) * torch.exp(-depth)
