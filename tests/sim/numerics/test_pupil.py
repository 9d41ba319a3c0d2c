"""Wavefront rms, blur radius and sampling."""

from math import sqrt
from typing import NamedTuple

import numpy as np
import pytest

from sim.numerics.pupil import ObjectiveLens, PupilQuadrature, Wavefront

MODES = tuple(range(4, 12))
WATER = ObjectiveLens(numerical_aperture=1.2, wavelength_nm=525.0, refractive_index=1.333)
PARAXIAL = ObjectiveLens(numerical_aperture=0.1, wavelength_nm=500.0, refractive_index=1.0)


def test_rms_is_the_root_of_the_sum_of_squares() -> None:
    coefficients = np.random.default_rng(1).normal(0, 40, len(MODES))
    rms_nm = PupilQuadrature(WATER, MODES).rms_nm(coefficients, 0.0)
    assert rms_nm == pytest.approx(np.linalg.norm(coefficients), rel=1e-12)


def test_high_na_defocus_has_the_rms_of_its_integral() -> None:
    n, na = WATER.refractive_index, WATER.numerical_aperture
    # With u = rho^2: mean sqrt(n^2 - NA^2 u) = 2 (n^3 - (n^2 - NA^2)^1.5) / (3 NA^2);
    # the mean of its square is n^2 - NA^2 / 2.
    mean = 2 * (n**3 - (n**2 - na**2) ** 1.5) / (3 * na**2)
    expected_nm = 1e3 * sqrt(n**2 - na**2 / 2 - mean**2)
    assert PupilQuadrature(WATER, MODES).rms_nm([0.0] * 8, 1.0) == pytest.approx(expected_nm)


def test_paraxial_focus_undoes_mirror_z4() -> None:
    """W = -z NA^2 rho^2 / 2n, so sqrt(3) (2 rho^2 - 1) a is undone at this z."""
    a_nm = 50.0
    z_um = 4 * sqrt(3) * a_nm / 1e3 / PARAXIAL.numerical_aperture**2
    quadrature = PupilQuadrature(PARAXIAL, MODES)
    assert quadrature.rms_nm([a_nm] + [0.0] * 7, z_um) < 0.005 * a_nm
    assert quadrature.rms_nm([a_nm] + [0.0] * 7, -z_um) == pytest.approx(2 * a_nm, rel=0.005)


class Blur(NamedTuple):
    what: str
    modes_nm: tuple[float, ...]
    z_um: float
    radius_um: float


NONE = (0.0,) * 8
BLURS = [
    Blur("no aberration", NONE, 0.0, 0.0),
    # A marginal ray at sin(alpha) = NA / n comes out z tan(alpha) from the axis.
    Blur("defocus", NONE, 2.0, 2.0 * 1.2 / sqrt(1.333**2 - 1.2**2)),
    # d/drho sqrt(3) (2 rho^2 - 1) = 4 sqrt(3) at the rim.
    Blur("mirror z4", (100.0, *NONE[1:]), 0.0, 0.1 * 4 * sqrt(3) / 1.2),
    # d/drho sqrt(8) rho^3 = 3 sqrt(8), the same in every direction.
    Blur("trefoil", (*NONE[:5], 100.0, 0.0, 0.0), 0.0, 0.1 * 3 * sqrt(8) / 1.2),
]


@pytest.mark.parametrize("case", BLURS, ids=lambda case: case.what)
def test_blur_radius_is_that_of_the_marginal_ray(case: Blur) -> None:
    radius_um = PupilQuadrature(WATER, MODES).blur_radius_um(case.modes_nm, case.z_um)
    # The outermost node lies 0.1 % inside the rim, and high-NA defocus is steep there.
    assert radius_um == pytest.approx(case.radius_um, rel=0.01, abs=1e-9)


def test_wavefront_is_the_sum_of_its_terms() -> None:
    wavefront = Wavefront(WATER, (4,), np.array([0.0, 1.0]), np.zeros(2))
    rim = 1e3 * (sqrt(1.333**2 - 1.2**2) - 1.333)
    expected = [-sqrt(3) * 10, sqrt(3) * 10 + 0.5 * rim]
    np.testing.assert_allclose(wavefront([10.0], 0.5), expected)


@pytest.mark.parametrize(
    ("pixel_um", "samples"), [(0.1083, 1), (0.109375, 1), (0.11, 2), (0.65, 6)]
)
def test_oversampling_reaches_nyquist(pixel_um: float, samples: int) -> None:
    assert WATER.oversampling(pixel_um) == samples


def test_depth_in_a_sample_of_another_index_is_spherical_aberration() -> None:
    """sqrt(n^2 - s^2) = n - s^2 / 2n - s^4 / 8n^3, refocused by n / m: the s^4 that stays is Z11."""
    na, n, m, depth_um = 0.2, 1.333, 1.45, 40.0
    deep = ObjectiveLens(na, 500.0, n, sample_index=m, depth_um=depth_um)
    quadrature = PupilQuadrature(deep, MODES)
    z11 = 1e3 * depth_um * na**4 / 8 * (1 / (m * n**2) - 1 / m**3) / (6 * sqrt(5))
    added = quadrature.modes_of_mismatch_nm()
    assert added[7] == pytest.approx(z11, rel=0.03)
    assert np.abs(added[:7]).max() < 0.05 * abs(z11)
    assert quadrature.rms_nm(NONE, 0.0) == pytest.approx(abs(z11), rel=0.05)
    assert quadrature.rms_nm(NONE, 0.0) <= min(quadrature.rms_nm(NONE, z) for z in (-0.5, 0.5))
    assert quadrature.rms_nm(tuple(-added), 0.0) < 0.05 * abs(z11)


def test_a_sample_of_the_immersions_index_adds_nothing() -> None:
    same = ObjectiveLens(1.2, 500.0, 1.333, sample_index=1.333, depth_um=100.0)
    assert PupilQuadrature(same, MODES).rms_nm(NONE, 0.0) == 0
