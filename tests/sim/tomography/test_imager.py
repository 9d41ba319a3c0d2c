"""The scanner's light against closed forms; gradients against finite differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sim.tomography.scenes import densities, make_slice
from tests.sim.tomography.scanners import F64, number, scan, scanner


def test_an_empty_beam_has_the_photons_of_the_data_sheet() -> None:
    air = torch.zeros(1, 2, 32, 32, dtype=F64)
    for views in (8, 32):
        settings = scan(views=views, voltage_kv=number(100.0))
        counts = scanner(blur_mm=0.4).expected_counts(air, settings)
        torch.testing.assert_close(counts, torch.full_like(counts, 6e5 * 0.15 / views))


def test_binning_adds_up_and_drops_what_is_left_over() -> None:
    slices = _slices(32)
    fine = scanner(bins=30).expected_counts(slices, scan())
    coarse = scanner(bins=30).expected_counts(slices, scan(binning=4))
    torch.testing.assert_close(coarse, fine[..., :28].reshape(1, 12, 7, 4).sum(dim=-1))


def test_scatter_is_even_and_grows_with_thickness_and_beam_height() -> None:
    water = torch.zeros(1, 2, 32, 32, dtype=F64)
    water[:, 0] = 1.0
    settings = scan(views=1, start_deg=number(0.0))
    primary = scanner().expected_counts(water, settings)
    mean_mass = 1.6  # 32 bins of 0.5 mm of water, from the front
    for height_mm in (5.0, 20.0):
        both = scanner(scatter_per_cm2=0.05, beam_height_mm=height_mm)
        scattered = both.expected_counts(water, settings) - primary
        expected = 0.05 * height_mm / 10 * mean_mass * primary.mean()
        torch.testing.assert_close(scattered, expected.expand_as(scattered))


def test_blur_spreads_light_and_loses_none() -> None:
    """Variance of the line spread is that of scintillator and penumbra together."""
    light = torch.zeros(1, 2, 1, 128, dtype=F64)
    one = scanner(bins=128, bin_mm=0.1, blur_mm=0.3, penumbra_mm_per_w=0.01)
    settings = scan(voltage_kv=number(80.0), current_ma=number(0.5))
    assert float(one.blur_mm(settings)) == pytest.approx(0.5)
    light[0, 0, 0, 64] = 1.0  # a wire
    wire = one.counts(light, settings)
    missing = (one.counts(torch.zeros_like(light), settings) - wire)[0, 0]
    x = 0.1 * torch.arange(128, dtype=F64)
    mean = (x * missing).sum() / missing.sum()
    assert float(((x - mean) ** 2 * missing).sum() / missing.sum()) == pytest.approx(0.25, rel=1e-3)


def test_holding_the_kerma_holds_the_dose() -> None:
    one = scanner()
    for voltage in (45.0, 80.0, 120.0):
        settings = scan(voltage_kv=number(voltage), holds_kerma=True)
        dose = one.reference_photons(settings) * one.spectrum(settings).kerma_mgy_cm2
        at_100 = scan(voltage_kv=number(100.0))
        expected = one.reference_photons(at_100) * one.spectrum(at_100).kerma_mgy_cm2
        assert float(dose) == pytest.approx(float(expected))


CONTINUOUS = ("start_deg", "arc_deg", "current_ma", "voltage_kv", "exposure_ms")


@pytest.mark.parametrize("holds_kerma", [False, True], ids=["current", "kerma"])
@pytest.mark.parametrize("name", CONTINUOUS)
def test_gradients_are_those_of_finite_differences(name: str, holds_kerma: bool) -> None:
    one = scanner(scatter_per_cm2=0.05, blur_mm=0.2, penumbra_mm_per_w=0.002)
    weights = torch.from_numpy(np.random.default_rng(1).standard_normal((1, 12, 32)))
    slices = _slices(32)
    settings = scan(holds_kerma=holds_kerma)

    def total(value: torch.Tensor) -> torch.Tensor:
        return (one.expected_counts(slices, replace(settings, **{name: value})) * weights).sum()

    value = getattr(settings, name)
    at = value.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(total(at), at)
    step = 1e-6 * value
    difference = (total(value + step) - total(value - step)) / (2 * step)
    assert float(gradient) == pytest.approx(float(difference), rel=1e-3)


def _slices(side: int) -> torch.Tensor:
    made = densities(make_slice("ellipses", side, np.random.default_rng(2)))
    return torch.from_numpy(made)[None].to(F64)
