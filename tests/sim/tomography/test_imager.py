"""The scanner's physics against closed forms, tables and scikit-image."""

from __future__ import annotations

from dataclasses import replace
from math import exp, pi, sqrt

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from skimage.transform import radon

from sim.tomography.attenuation import mass_attenuation
from sim.tomography.imager import Scanner, ScanSettings, Tomograph
from sim.tomography.projector import line_integrals, view_angles
from sim.tomography.scenes import densities, make_slice
from sim.tomography.spectrum import LOWEST_KEV, tube_spectrum

F64 = torch.float64


def number(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=F64)


def scan(**changes: object) -> ScanSettings:
    values: dict[str, object] = {
        "views": 12,
        "spacing": "uniform",
        "binning": 1,
        "start_deg": number(3.0),
        "arc_deg": number(171.0),
        "current_ma": number(0.3),
        "voltage_kv": number(83.0),
        "exposure_ms": number(500.0),
    }
    return ScanSettings(**(values | changes))  # type: ignore[arg-type]


def scanner(**changes: float) -> Scanner:
    values: dict[str, float] = {
        "bins": 32,
        "bin_mm": 0.5,
        "filter_mm": 1.0,
        "photons_per_mas": 6e5,
        "efficiency": 0.6,
        "scatter_per_cm2": 0.0,
        "beam_height_mm": 20.0,
        "blur_mm": 0.0,
        "penumbra_mm_per_w": 0.0,
    }
    return Scanner(Tomograph(**(values | changes)))  # type: ignore[arg-type]


def test_line_integrals_are_those_of_scikit_image() -> None:
    side = 65  # odd: both turn about the middle sample
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    image = make_slice("ellipses", side, np.random.default_rng(0)) + 1000.0
    image = np.where(x**2 + y**2 < 0.95, image, 0.0).astype(np.float64)
    degrees = np.arange(0.0, 180.0, 11.25)
    theirs = radon(image, theta=-degrees, circle=True).T  # it turns the other way
    angles = torch.from_numpy(np.deg2rad(degrees))
    ours = line_integrals(torch.from_numpy(image)[None, None], angles, side, float(side))
    np.testing.assert_allclose(ours[0, 0].numpy(), theirs, atol=1e-6 * theirs.max())


def test_a_disc_casts_its_chords() -> None:
    """p(s) = 2 sqrt(r^2 - s^2), at every angle."""
    side, radius = 256, 0.6
    places = (np.arange(side) + 0.5) * (2 / side) - 1
    disc = torch.from_numpy((np.hypot(places[:, None], places) < radius).astype(np.float64))
    angles = torch.tensor([0.0, 0.3, 1.1, 2.9], dtype=F64)
    found = line_integrals(disc[None, None], angles, 64, 2.0)[0, 0].numpy()
    s = (np.arange(64) + 0.5) * (2 / 64) - 1
    chords = 2 * np.sqrt(np.maximum(radius**2 - s**2, 0))
    inside = np.abs(s) < 0.95 * radius
    np.testing.assert_allclose(found[:, inside], np.tile(chords[inside], (4, 1)), atol=0.02)


def test_mass_is_the_same_from_all_sides() -> None:
    slices = torch.from_numpy(densities(make_slice("ellipses", 64, np.random.default_rng(3))))
    total = line_integrals(slices[None].to(F64), torch.linspace(0, 3, 9, dtype=F64), 64, 1.0)
    per_view = total[0, 0].sum(dim=-1)
    assert float(per_view.std() / per_view.mean()) < 3e-3


def test_batches_and_groups_of_views_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    slices = torch.rand(3, 2, 32, 32, dtype=F64, generator=torch.Generator().manual_seed(0))
    angles = torch.linspace(0, 3, 7, dtype=F64)
    together = line_integrals(slices, angles, 32, 1.0)
    monkeypatch.setattr("sim.tomography.projector.CHUNK_BYTES", 1)
    apart = torch.cat([line_integrals(one[None], angles, 32, 1.0) for one in slices])
    torch.testing.assert_close(together, apart)


def test_attenuation_meets_its_table_and_stays_between() -> None:
    """NIST: water at 30 and 60 keV, bone at 40 keV; half-way values by NIST's own log-log rule."""
    energy = torch.tensor([30.0, 60.0, 40.0], dtype=F64)
    np.testing.assert_allclose(mass_attenuation("water", energy)[:2], [0.3756, 0.2059], rtol=1e-12)
    np.testing.assert_allclose(mass_attenuation("bone", energy)[2], 0.6655, rtol=1e-12)
    between = mass_attenuation("aluminium", torch.tensor([sqrt(20 * 30.0)], dtype=F64))
    assert float(between) == pytest.approx(sqrt(3.441 * 1.128), rel=0.02)


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


def test_views_are_where_they_are_said_to_be() -> None:
    uniform = view_angles(4, "uniform", number(10.0), number(180.0)) * 180 / pi
    np.testing.assert_allclose(uniform, [10, 55, 100, 145])
    golden = view_angles(89, "golden", number(0.0), number(180.0)) * 180 / pi
    gaps = np.diff(golden.numpy())
    assert len({round(gap, 6) for gap in gaps}) <= 3, "the three-gap theorem"
    assert gaps.max() < 1.7 * 180 / 89


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
