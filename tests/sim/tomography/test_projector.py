"""Line integrals against closed forms and scikit-image."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import torch
from skimage.transform import radon

from sim.tomography.projector import line_integrals, view_angles
from sim.tomography.scenes import densities, make_slice
from tests.sim.tomography.scanners import F64, number


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


def test_views_are_where_they_are_said_to_be() -> None:
    uniform = view_angles(4, "uniform", number(10.0), number(180.0)) * 180 / pi
    np.testing.assert_allclose(uniform, [10, 55, 100, 145])
    golden = view_angles(89, "golden", number(0.0), number(180.0)) * 180 / pi
    gaps = np.diff(golden.numpy())
    assert len({round(gap, 6) for gap in gaps}) <= 3, "the three-gap theorem"
    assert gaps.max() < 1.7 * 180 / 89


def test_batches_and_groups_of_views_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    slices = torch.rand(3, 2, 32, 32, dtype=F64, generator=torch.Generator().manual_seed(0))
    angles = torch.linspace(0, 3, 7, dtype=F64)
    together = line_integrals(slices, angles, 32, 1.0)
    monkeypatch.setattr("sim.tomography.projector.CHUNK_BYTES", 1)
    apart = torch.cat([line_integrals(one[None], angles, 32, 1.0) for one in slices])
    torch.testing.assert_close(together, apart)
