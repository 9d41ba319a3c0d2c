"""The optics against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import j1

from sim.lensless.imager import LenslessImager, MaskCamera, MaskSettings
from sim.lensless.mask import CLOSED_UM, MaskPattern
from sim.lensless.optics import field, sampling, seen, spot, transfer
from sim.lensless.settings import MOST_APERTURES

UM = torch.float64
WAVELENGTH_UM = 0.55


def um(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=UM)


def mask(**changes: object) -> MaskSettings:
    values: dict[str, object] = {
        "lenslets": True,
        "apertures": 3,
        "diameter_um": um(120.0),
        "spacing_um": um(150.0),
        "irregularity": um(0.4),
        "distance_um": um(4200.0),
    }
    return MaskSettings(**(values | changes))  # type: ignore[arg-type]


def imager(side_px: int = 32, **changes: float) -> LenslessImager:
    values = {
        "side_px": side_px,
        "pixel_um": 5.0,
        "wavelength_um": WAVELENGTH_UM,
        "focal_um": 4000.0,
        "radiance": 3e5,
        "pitch_rad": 0.6e-3,
    }
    return LenslessImager(MaskCamera(**(values | changes)), MaskPattern(np.random.default_rng(0)))  # type: ignore[arg-type]


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


def test_lenslets_never_overlap() -> None:
    settings = mask(apertures=MOST_APERTURES, spacing_um=um(50.0), diameter_um=um(300.0))
    open_um = imager().open_diameter_um(settings)
    pattern = MaskPattern(np.random.default_rng(0))
    centres = pattern.centres_um(MOST_APERTURES, um(50.0), um(0.4))
    assert float(open_um) == pytest.approx(float(torch.pdist(centres).min()))
    assert float(torch.pdist(pattern.centres_um(16, um(1.0), um(0.0))).min()) >= 1.0


def test_apertures_are_moved_one_by_one_and_never_lie_on_each_other() -> None:
    """The second aperture's image moves by as much; the others' stay."""
    away = torch.zeros((MOST_APERTURES, 2), dtype=UM)
    away[1] = torch.tensor([40.0, -25.0])
    plain, moved = mask(apertures=2), mask(apertures=2, moved_um=away)
    before, after = (imager().centres_um(one) for one in (plain, moved))
    torch.testing.assert_close(after - before, away[:2])
    onto = away.clone()
    onto[1] = before[0] - before[1]
    assert float(imager().open_diameter_um(mask(apertures=2, moved_um=onto))) == CLOSED_UM


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
