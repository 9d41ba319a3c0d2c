"""The optics against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import j1

from sim.lensless.optics import field, sampling, seen, spot
from tests.sim.lensless.masks import UM, WAVELENGTH_UM, um


def test_a_lens_in_focus_makes_airys_pattern() -> None:
    """|2 J1(v) / v|^2, v = 2 pi a r / (lambda f)."""
    a, f = 60.0, 4000.0
    r = torch.linspace(0.1, 80.0, 200, dtype=UM)
    v = 2 * np.pi * a * r.numpy() / (WAVELENGTH_UM * f)
    peak = (np.pi * a**2 / (WAVELENGTH_UM * f)) ** 2
    intensity = field(r, um(a), um(f), WAVELENGTH_UM, f).abs().numpy() ** 2
    np.testing.assert_allclose(intensity, peak * (2 * j1(v) / v) ** 2, atol=1e-7 * peak)


def test_far_from_a_small_hole_the_field_is_fraunhofers_on_the_axis() -> None:
    """On the axis |u|^2 = 4 sin^2(pi a^2 / (2 lambda d)) at any distance (Fresnel)."""
    for a, d in ((20.0, 5000.0), (60.0, 3000.0), (150.0, 6000.0)):
        on_axis = field(torch.zeros(1, dtype=UM), um(a), um(d), WAVELENGTH_UM, float("inf"))
        expected = 4 * np.sin(np.pi * a**2 / (2 * WAVELENGTH_UM * d)) ** 2
        assert float(on_axis.abs()[0] ** 2) == pytest.approx(expected, rel=1e-9)


def test_all_light_of_an_aperture_reaches_the_plane() -> None:
    """The integral of |u|^2 is the aperture's area, in focus and out of it."""
    a = 60.0
    for d, f in ((4000.0, 4000.0), (5000.0, 4000.0), (4000.0, float("inf"))):
        r = torch.linspace(0, 1500.0, 15_001, dtype=UM)
        rings = field(r, um(a), um(d), WAVELENGTH_UM, f).abs() ** 2 * 2 * np.pi * r
        total = float(torch.trapezoid(rings, r))
        assert total == pytest.approx(np.pi * a**2, rel=6e-3)  # the tail beyond 1.5 mm


def test_a_pinhole_is_sharpest_where_geometry_and_diffraction_meet() -> None:
    """Rayleigh's optimum lies near a = sqrt(0.6 lambda d) (Young, Applied Optics 1971)."""
    d = 4000.0
    radii = np.arange(20.0, 90.0, 5.0)
    widths = []
    for a in radii:
        h = spot((256, 256), 4.0, um(float(a)), um(d), WAVELENGTH_UM, float("inf")).numpy()
        widths.append(1 / np.sqrt(h.max()))
    best = radii[int(np.argmin(widths))]
    assert best == pytest.approx(np.sqrt(0.6 * WAVELENGTH_UM * d), abs=15)
    assert 0 < int(np.argmin(widths)) < radii.size - 1


def test_a_scene_is_looked_up_between_its_samples_and_beyond_its_edges() -> None:
    scene = torch.arange(12.0, dtype=UM).reshape(3, 4)
    view = seen(scene, 0.1, torch.tensor([[0.05, -0.1]], dtype=UM), torch.zeros(1, dtype=UM))
    assert float(view[0, 0, 0]) == pytest.approx(9.0)  # row 2, column 1
    halfway = seen(scene, 0.1, torch.tensor([[0.0, 0.15]], dtype=UM), torch.zeros(1, dtype=UM))
    # row 1.5, column 3.5: between 7, 4 (wrapped), 11 and 8 (wrapped)
    assert float(halfway[0, 0, 0]) == pytest.approx((7 + 4 + 11 + 8) / 4)


def test_sampling_meets_nyquist() -> None:
    assert sampling(5.0, 0.55, 300.0, 3000.0) == 2
    assert sampling(1.0, 0.55, 100.0, 3000.0) == 1
