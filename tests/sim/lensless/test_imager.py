"""Images through the mask: sums of apertures, light, gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sim.lensless.optics import spot, transfer
from sim.lensless.settings import MOST_APERTURES
from tests.sim.lensless.masks import UM, WAVELENGTH_UM, imager, mask, um


def test_many_apertures_are_the_sum_of_each_ones_image() -> None:
    shape, step = (128, 128), 2.5
    h = spot(shape, step, um(50.0), um(4000.0), WAVELENGTH_UM, 4000.0)
    centres = torch.tensor([[0.0, 0.0], [50.0, -25.0], [-75.0, 30.0]], dtype=UM)
    together = torch.fft.irfft2(transfer(h, centres, step, 5.0), s=shape)
    apart = sum(torch.fft.irfft2(transfer(h, c[None], step, 5.0), s=shape) for c in centres) / 3
    torch.testing.assert_close(together, apart)
    assert float(together.sum()) == pytest.approx(1.0)
    # a whole number of samples away: the same image, moved
    one = torch.fft.irfft2(transfer(h, centres[:1], step, 5.0), s=shape)
    moved = torch.fft.irfft2(transfer(h, centres[1:2], step, 5.0), s=shape)
    torch.testing.assert_close(moved, torch.roll(one, (20, -10), (0, 1)))


def test_light_follows_etendue() -> None:
    """Photons = L t N area (pixel / d)^2, wherever the apertures are."""
    flat = torch.ones((2, 2), dtype=UM)
    pointing = torch.zeros((1, 2), dtype=UM)
    for changes in ({}, {"apertures": 7}, {"lenslets": False}, {"distance_um": um(3000.0)}):
        settings = mask(**changes)
        photons = imager().photons(flat, settings, pointing, torch.tensor(0.02))
        area_mm2 = settings.apertures * np.pi * 0.06**2
        pixel_mrad2 = (1e3 * 5.0 / float(settings.distance_um)) ** 2
        expected = 3e5 * 0.02 * area_mm2 * pixel_mrad2
        torch.testing.assert_close(photons, torch.full_like(photons, expected), rtol=1e-9, atol=0)


MASK = ("diameter_um", "spacing_um", "irregularity", "distance_um", "moved_um")
CONTINUOUS = (*MASK, "exposure", "pointing")


@pytest.mark.parametrize("name", CONTINUOUS)
@pytest.mark.parametrize("lenslets", [True, False], ids=["lenslets", "pinholes"])
def test_gradients_are_those_of_finite_differences(name: str, lenslets: bool) -> None:
    rng = np.random.default_rng(1)
    smooth = torch.from_numpy(rng.random((128, 128)))
    weights = torch.from_numpy(rng.standard_normal((1, 16, 16)))
    optics = imager(16)
    values = {
        "diameter_um": um(90.0),
        "spacing_um": um(130.0),
        "irregularity": um(0.3),
        "distance_um": um(4150.0),
        "moved_um": 10 + torch.from_numpy(rng.standard_normal((MOST_APERTURES, 2))),
        "exposure": um(0.02),
        "pointing": torch.tensor([[0.0107, -0.0203]], dtype=UM),
    }

    def total(value: torch.Tensor) -> torch.Tensor:
        now = values | {name: value}
        numbers = {key: now[key] for key in MASK}
        settings = mask(lenslets=lenslets, **numbers)
        return (optics.photons(smooth, settings, now["pointing"], now["exposure"]) * weights).sum()

    at = values[name].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(total(at), at)
    step = 1e-6 * values[name].abs().max()
    # no two the same, or all apertures would move together, and only the picture's rim would change
    direction = torch.from_numpy(rng.uniform(0.5, 1.5, values[name].shape))
    moved = step * direction
    difference = (total(values[name] + moved) - total(values[name] - moved)) / (2 * step)
    assert float((gradient * direction).sum()) == pytest.approx(float(difference), rel=1e-3)
