"""Orbit, lines and light on the ground; gradients against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sim.satellite.imager import Exposure, PushBroom, Telescope

WIDE = torch.float64


def telescope(**changes: float) -> PushBroom:
    values = {
        "side_px": 16,
        "pixel_um": 5.5,
        "altitude_km": 500.0,
        "aperture_mm": 70.0,
        "obscuration": 0.35,
        "focal_mm": 275.0,
        "transmission": 0.7,
        "jitter_urad": 2.0,
        "sun_cosine": 0.8,
        "haze": 0.15,
        "peak_efficiency": 0.7,
        "dark_e_per_s": 50.0,
    }
    return PushBroom(Telescope(**(values | changes)))  # type: ignore[arg-type]


SETTINGS = {
    "telescope.focus_um": 12.0,
    "filter.centre_nm": 610.0,
    "filter.width_nm": 70.0,
    "camera.exposure_ms": 0.8,
    "camera.line_rate_khz": 0.613,
}


def exposure(**changes: float) -> Exposure:
    return Exposure.of(SETTINGS | {name.replace("__", "."): v for name, v in changes.items()})


def test_smear_and_detector_are_sincs() -> None:
    """Along the track over across it, at equal frequency, leaves the smear alone."""
    path, settings = telescope(jitter_urad=0.0), exposure()
    f = torch.tensor([0.01, 0.03], dtype=WIDE)
    zero = torch.zeros(1, dtype=WIDE)
    along = path.system(settings, f, zero)[0][:, :, 0]
    across = path.system(settings, zero, f)[0][:, 0, :]
    smear_m = path.telescope.speed_m_s * 0.8e-3
    expected = torch.sinc(f * smear_m).expand_as(along)
    torch.testing.assert_close(along / across, expected)


def test_the_orbit_is_keplers() -> None:
    """7.62 km/s in a circular orbit 500 km up; 7.06 over the ground."""
    assert telescope().telescope.speed_m_s == pytest.approx(7059, rel=1e-3)
    assert telescope().telescope.ground_m == pytest.approx(10.0)


def test_an_even_scene_is_evenly_bright_and_a_line_moves_with_the_ground() -> None:
    path, settings = telescope(), exposure()
    flat = torch.full((4, 256, 256), 0.3, dtype=WIDE)
    electrons = path.electrons(flat, settings, torch.zeros(1, 2, dtype=WIDE))
    _, ground, air = path.system(settings, torch.zeros(1, dtype=WIDE), torch.zeros(1, dtype=WIDE))
    expected = float((0.3 * ground.sum() + air.sum() + 50) * settings.time_s)
    torch.testing.assert_close(electrons, torch.full_like(electrons, expected), rtol=1e-9, atol=0)
    rng = np.random.default_rng(0)
    land = torch.from_numpy(rng.random((4, 256, 256)))
    line_m = float(path.telescope.speed_m_s / settings.lines_per_s)
    here, there = path.electrons(
        land, settings, torch.tensor([[0.0, 0.0], [line_m, 0.0]], dtype=WIDE)
    )
    contrast = float(here.std())
    assert float((here[1:] - there[:-1]).abs().max()) < 0.05 * contrast
    here, there = path.electrons(
        land, settings, torch.tensor([[0.0, 0.0], [0.0, 10.0]], dtype=WIDE)
    )
    torch.testing.assert_close(here[:, 1:], there[:, :-1], rtol=0, atol=0.01 * contrast)


def test_a_line_is_not_exposed_longer_than_it_lasts() -> None:
    assert float(exposure(camera__exposure_ms=5.0).time_s) == pytest.approx(1 / 613)


@pytest.mark.parametrize("name", [*SETTINGS, "pointing"])
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    rng = np.random.default_rng(2)
    land = torch.from_numpy(rng.random((4, 128, 128)))
    weights = torch.from_numpy(rng.standard_normal((1, 16, 16)))
    pointing = torch.tensor([[31.7, -48.3]], dtype=WIDE)
    path = telescope()

    def total(value: torch.Tensor) -> torch.Tensor:
        if name == "pointing":
            return (path.electrons(land, exposure(), value) * weights).sum()
        settings = Exposure.of({**SETTINGS, name: value})
        return (path.electrons(land, settings, pointing) * weights).sum()

    start = pointing if name == "pointing" else torch.tensor(SETTINGS[name], dtype=WIDE)
    at = start.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(total(at), at)
    step = 1e-6 * float(start.abs().max())
    with torch.no_grad():
        difference = (total(start + step) - total(start - step)) / (2 * step)
    assert float(gradient.sum()) == pytest.approx(float(difference), rel=1e-3)
