"""Sun, air and the bands of Landsat."""

from __future__ import annotations

import pytest
import torch

from sim.satellite.radiometry import BANDS_NM, band_share, sunlight, transmission

WIDE = torch.float64


def test_sunlight_is_the_suns() -> None:
    """1.85 and 1.15 W m^-2 nm^-1 near 550 and 800 nm (ASTM E490), a black body within a tenth."""
    found = sunlight(torch.tensor([550.0, 800.0], dtype=WIDE))
    assert float(found[0]) == pytest.approx(1.85, rel=0.1)
    assert float(found[1]) == pytest.approx(1.13, rel=0.1)
    everything = torch.linspace(100, 20_000, 200_000, dtype=WIDE)
    total = float(torch.trapezoid(sunlight(everything), everything))
    assert total == pytest.approx(1361, rel=5e-3)


def test_blue_light_is_scattered_most() -> None:
    """Rayleigh's optical depth: 0.0972 at 550 nm (Hansen and Travis 1974)."""
    tau = transmission(torch.tensor([450.0, 550.0, 850.0], dtype=WIDE), haze=0.0)
    assert float(-torch.log(tau[1])) == pytest.approx(0.0972, rel=0.01)
    assert tau[0] < tau[1] < tau[2]


def test_reflectance_lies_between_the_bands() -> None:
    middle = (BANDS_NM[1] + BANDS_NM[2]) / 2
    share = band_share(torch.tensor([BANDS_NM[0] - 40, BANDS_NM[2], middle], dtype=WIDE))
    assert share[:, 0].tolist() == [1, 0, 0, 0]
    assert share[:, 1].tolist() == pytest.approx([0, 0, 1, 0])
    assert share[:, 2].tolist() == pytest.approx([0, 0.5, 0.5, 0])
