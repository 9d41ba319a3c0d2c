"""Partially coherent images of gratings, whose orders are known."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
import pytest
import torch
from scipy.special import jv

from sim.microscope.led_array.abbe import Abbe, AbbeOptics
from sim.microscope.led_array.source import Lit
from sim.microscope.led_array.transfer import weak_transfer
from sim.numerics.pupil import ObjectiveLens, PupilQuadrature

NA, WAVELENGTH_UM, FIELD_UM, N = 0.4, 0.5, 40.0, 80  # the pupil ends at 32 / FIELD_UM
AIR = ObjectiveLens(NA, 1e3 * WAVELENGTH_UM, 1.0)
MODES = tuple(range(4, 12))
FLAT = (0.0,) * 8
BENT = (12.0, -20.0, 5.0, 15.0, -8.0, 0.0, 10.0, 18.0)


def number(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


def optics(
    directions: torch.Tensor, z_um: float = 0.0, modes_nm: tuple[float, ...] = FLAT
) -> AbbeOptics:
    modes = torch.tensor(modes_nm, dtype=torch.float64)
    return AbbeOptics(directions, number(WAVELENGTH_UM), number(z_um), modes)


def lit(pattern: str, inner_na: float, outer_na: float, points: int = 24) -> torch.Tensor:
    return Lit.of(pattern, number(inner_na), number(outer_na), NA).points(points)


def grating(radians: float, ky: int, kx: int, samples: int = 2 * N) -> torch.Tensor:
    """Path differences of a cosine with k periods over the field."""
    y, x = np.meshgrid(np.arange(samples), np.arange(samples), indexing="ij")
    phase = radians * np.cos(2 * np.pi * (ky * y + kx * x) / samples)
    return torch.from_numpy(phase * 1e3 * WAVELENGTH_UM / (2 * np.pi))[None]


def image(
    opd_nm: torch.Tensor, seen: AbbeOptics, absorption: float = 0.0, objective: ObjectiveLens = AIR
) -> np.ndarray:
    abbe = Abbe(objective, MODES, (N, N), (FIELD_UM, FIELD_UM))
    return abbe.image(opd_nm, absorption, seen)[0].numpy()


def order(light: np.ndarray, ky: int, kx: int) -> complex:
    """Fourier coefficient of an image over its mean."""
    spectrum = np.fft.fft2(light)
    return complex(spectrum[ky % N, kx % N] / spectrum[0, 0])


@pytest.mark.parametrize("z_um", [0.0, 3.0, -7.0])
@pytest.mark.parametrize("tilt", [0, 9])
def test_one_led_makes_the_coherent_image_of_a_phase_grating(z_um: float, tilt: int) -> None:
    """Jacobi and Anger: exp(i a cos t) = sum_n i^n J_n(a) exp(i n t), as far as NA lets pass."""
    a, k = 1.7, 12
    x_um = np.arange(N) * FIELD_UM / N
    field = np.zeros(N, complex)
    for n in range(-6, 7):
        f = (n * k + tilt) / FIELD_UM
        if abs(f) > NA / WAVELENGTH_UM:
            continue
        delay_um = z_um * (sqrt(1 - (WAVELENGTH_UM * f) ** 2) - 1)
        phase = 2 * np.pi * (f * x_um + delay_um / WAVELENGTH_UM)
        field += 1j**n * jv(n, a) * np.exp(1j * phase)
    led = torch.tensor([[0.0, tilt * WAVELENGTH_UM / FIELD_UM]], dtype=torch.float64)
    light = image(grating(a, 0, k), optics(led, z_um))
    np.testing.assert_allclose(light, np.tile(abs(field) ** 2, (N, 1)), atol=2e-4)


def test_an_empty_field_is_even_and_as_bright_as_the_light_that_passes() -> None:
    nothing = torch.zeros((1, 2 * N, 2 * N), dtype=torch.float64)
    bright = image(nothing, optics(lit("brightfield", 0, 0.3), 2.0, BENT))
    np.testing.assert_allclose(bright, 1.0, rtol=1e-9)
    dark = image(nothing, optics(lit("darkfield", 0.45, 0.7)))
    np.testing.assert_allclose(dark, 0.0, atol=1e-12)
    # twice the pupil's area is lit: half of the light passes
    half = image(nothing, optics(lit("brightfield", 0, sqrt(2) * NA, 200)))
    np.testing.assert_allclose(half, 0.5, atol=0.02)


class Weak(NamedTuple):
    name: str
    directions: torch.Tensor
    z_um: float
    modes_nm: tuple[float, ...]


WEAK = [
    Weak("brightfield, defocus", lit("brightfield", 0, 0.2), 2.0, FLAT),
    Weak("brightfield, aberrations", lit("brightfield", 0, 0.3), 0.0, BENT),
    Weak("annulus, defocus", lit("annular", 0.2, 0.3), -3.0, FLAT),
    Weak("half-plane", lit("half-plane", 0, 0.36), 0.0, FLAT),
    Weak("half-plane, everything", lit("half-plane", 0.1, 0.3), 1.0, BENT),
]


@pytest.mark.parametrize("case", WEAK, ids=lambda case: case.name)
@pytest.mark.parametrize(("ky", "kx"), [(0, 7), (10, 5), (3, 26), (2, 41)])
def test_weak_objects_follow_their_transfer_functions(case: Weak, ky: int, kx: int) -> None:
    """Streibl 1985: first order in the object, for phase and absorption."""
    small = 2e-3
    at = np.array([[ky, kx]]) / FIELD_UM
    points = case.directions.numpy()
    absorption, phase = weak_transfer(AIR, MODES, case.modes_nm, case.z_um, points, at)
    seen = optics(case.directions, case.z_um, case.modes_nm)
    found = order(image(grating(small, ky, kx), seen), ky, kx)
    assert found == pytest.approx(complex(phase[0]) * small / 2, abs=0.02 * small)
    # kappa takes amplitude where the delay is positive: half of the cosine's first order
    both = order(image(grating(small, ky, kx), seen, absorption=0.5), ky, kx)
    taken = complex(absorption[0]) * 0.5 * small / 4
    assert both - found == pytest.approx(taken, abs=0.01 * small)


def test_a_weak_phase_object_in_focus_shows_nothing_in_even_light() -> None:
    for directions in (lit("brightfield", 0, 0.3), lit("annular", 0.1, 0.39)):
        light = image(grating(0.02, 4, 11), optics(directions))
        assert abs(order(light, 4, 11)) < 1e-6 * 0.02
        oblique = image(grating(0.02, 4, 11), optics(lit("half-plane", 0, 0.3)))
        assert abs(order(oblique, 4, 11)) > 0.05 * 0.02


def test_light_as_wide_as_the_objective_resolves_twice_as_far() -> None:
    """Coherent light ends at NA / lambda, 32 periods; a full condenser at 2 NA / lambda, 64."""
    axis = torch.zeros((1, 2), dtype=torch.float64)
    full = lit("brightfield", 0, NA, 200)

    def contrast(directions: torch.Tensor, k: int) -> float:
        # finer than the band, so that 66 periods would not come back as others
        abbe = Abbe(AIR, MODES, (140, 140), (FIELD_UM, FIELD_UM))
        light = abbe.image(grating(0.01, 0, k), 1.0, optics(directions))[0].numpy()
        spectrum = np.fft.fft2(light)
        return abs(spectrum[0, k]) / spectrum[0, 0].real

    assert contrast(axis, 30) > 2e-3
    assert contrast(axis, 34) < 1e-4
    assert contrast(full, 34) > 5e-4
    assert contrast(full, 58) > 2e-5
    assert contrast(full, 66) < 2e-5


def test_darkfield_is_as_bright_as_what_the_grating_sends_into_the_objective() -> None:
    """Each weak order has a quarter of the squared phase; those inside the pupil are counted."""
    small, k = 0.02, 14
    directions = lit("darkfield", 0.42, 0.6, 200)
    shift = np.array([0.0, k / FIELD_UM * WAVELENGTH_UM])
    inside = sum(np.hypot(*(directions.numpy() + sign * shift).T) < NA for sign in (-1, 1)).mean()
    light = image(grating(small, 0, k), optics(directions))
    assert inside > 0.1
    assert light.mean() == pytest.approx(small**2 / 4 * inside, rel=0.05)


def test_a_sample_of_another_index_blurs_with_depth() -> None:
    """And the mirror undoes it."""
    deep = ObjectiveLens(NA, 500.0, 1.0, sample_index=1.33, depth_um=300.0)
    seen = grating(1.0, 0, 20)
    led = lit("brightfield", 0, 0.2)
    clear, blurred = image(seen, optics(led)), image(seen, optics(led), objective=deep)
    assert np.abs(blurred - clear).max() > 0.05
    added = PupilQuadrature(deep, MODES).modes_of_mismatch_nm()
    undone = image(seen, optics(led, 0.0, tuple(-added)), objective=deep)
    assert np.abs(undone - clear).max() < 0.25 * np.abs(blurred - clear).max()


def test_many_fields_at_once_are_each_ones_image() -> None:
    both = torch.cat([grating(0.5, 3, 4), grating(1.0, 0, 9)])
    abbe = Abbe(AIR, MODES, (N, N), (FIELD_UM, FIELD_UM))
    seen = optics(lit("half-plane", 0, 0.3), 1.0)
    together = abbe.image(both, 0.0, seen)
    for one, alone in zip(together, both, strict=True):
        torch.testing.assert_close(one, abbe.image(alone[None], 0.0, seen)[0])
