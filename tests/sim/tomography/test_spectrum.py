"""The light of the tube, and its kerma."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import pytest
import torch
from scipy.integrate import quad

from sim.tomography.attenuation import mass_attenuation
from sim.tomography.spectrum import LOWEST_KEV, tube_spectrum
from tests.sim.tomography.scanners import F64, number, scan, scanner


@pytest.mark.parametrize("voltage", [40.0, 80.0, 120.0])
def test_a_few_energies_stand_for_the_spectrum(voltage: float) -> None:
    """Transmission through water and bone against adaptive quadrature of Kramers' spectrum."""
    water_cm, bone_g = 2.0, 0.6

    def light(energy: float, through: bool) -> float:
        e = torch.tensor(energy, dtype=F64)
        depth = 0.2699 * float(mass_attenuation("aluminium", e))
        if through:
            depth += water_cm * float(mass_attenuation("water", e))
            depth += bone_g * float(mass_attenuation("bone", e))
        return (voltage / energy - 1) * exp(-depth)

    knots = [k for k in (15, 20, 30, 40, 50, 60, 80, 100) if k < voltage]
    least, most = (
        quad(light, LOWEST_KEV, voltage, args=(through,), points=knots, limit=200)[0]
        for through in (True, False)
    )
    behind = scanner().transmitted(
        torch.tensor([[water_cm, bone_g]], dtype=F64), scan(voltage_kv=number(voltage))
    )
    open_beam = tube_spectrum(number(voltage), 1.0).weight.sum()
    assert float(behind[0] / open_beam) == pytest.approx(least / most, rel=5e-3)


def test_kerma_of_one_energy_is_fluence_times_energy_times_absorption() -> None:
    """60 keV: 1e9 photons on 1 cm^2 bring 0.292 mGy to air."""
    spectrum = tube_spectrum(number(100.0), 1.0)
    single = replace(spectrum, energy_kev=number(60.0)[None], weight=number(1e9)[None])
    expected = 1e9 * 60 * 0.03041 * 1.602176634e-16 * 1e6
    assert float(single.kerma_mgy_cm2) == pytest.approx(expected)
    assert expected == pytest.approx(0.292, rel=2e-3)
