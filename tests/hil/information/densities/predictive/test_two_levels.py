"""Scenes of two levels behind optics: blur is no information."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information import estimate_information
from hil.information.densities.predictive.cells import Cells
from hil.information.densities.predictive.linear import LinearPredictor, stationary_predictors
from hil.information.densities.predictive.optics.two_level_optics import (
    BorderedFrames,
    TwoLevelOptics,
)
from hil.information.densities.predictive.two_levels import maps_of, mixed_nats, patch_weights
from hil.information.sample.choose import choose_sample
from hil.information.sample.prepare import take_in
from hil.information.sample.sample import Sample
from hil.noise import CameraNoise

CAMERA = CameraNoise(1.0, 100, 1.6)
SHAPE = (6, 1, 80, 80)


def frames_of(grain: int, blur_px: float) -> np.ndarray:
    """Squares of ``grain`` pixels, each of one of two levels, behind optics."""
    rng = np.random.default_rng(0)
    n, _, height, width = SHAPE
    few = rng.integers(2, size=(n, 1, height // grain, width // grain))
    light = np.kron(1000 + 3000 * few, np.ones((1, 1, grain, grain)))
    return CAMERA.sample(gaussian_filter(light, (0, 0, blur_px, blur_px), mode="wrap"), rng)


def discs_of(
    share: float, radius_px: float, blur_px: float, fallen: np.ndarray | float = 1.0
) -> np.ndarray:
    """Discs of one brightness at random, a share of the frame, behind optics and uneven light."""
    rng = np.random.default_rng(7)
    at = np.arange(-3, 4)
    disc = np.hypot(at[:, None], at) <= radius_px
    centres = rng.random(SHAPE) < 1 - (1 - share) ** (1 / disc.sum())
    light = np.full(SHAPE, 300.0)
    for down, across in zip(*np.nonzero(disc), strict=True):
        light[np.roll(centres, (down - 3, across - 3), axis=(2, 3))] = 4000
    blurred = gaussian_filter(light, (0, 0, blur_px, blur_px), mode="wrap")
    return CAMERA.sample(blurred * fallen, rng)


@pytest.mark.parametrize(
    ("share", "radius_px", "blur_px", "at_most"),
    [(0.06, 1.5, 1.5, 0.24), (0.12, 1.5, 1.5, 0.45), (0.12, 2.2, 1.6, 0.48)],
)
def test_rare_levels_behind_wide_optics_are_found(
    share: float, radius_px: float, blur_px: float, at_most: float
) -> None:
    found = estimate_information(discs_of(share, radius_px, blur_px), CAMERA, patch_size=16)
    assert found.flags == ()
    assert 0.03 < found.bits_per_pixel < at_most  # predictions alone: 0.36, 0.68 and 0.57


def test_light_that_falls_off_is_no_information() -> None:
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in SHAPE[2:]), indexing="ij")
    even, fallen = (
        estimate_information(discs_of(0.1, 2.2, 1.0, share), CAMERA, patch_size=16)
        for share in (1.0, 1 - 0.4 * (y**2 + x**2) / 2)
    )
    # predictions alone: 0.34 more
    assert fallen.bits_per_pixel == pytest.approx(even.bits_per_pixel, abs=0.05)


def linear_of(sample: Sample, cells: Cells) -> LinearPredictor:
    return stationary_predictors(cells.stabilised(sample))[0]


@pytest.mark.parametrize(
    ("grain", "blur_px", "at_most"), [(2, 0.6, 0.65), (2, 1.0, 0.7), (4, 0.8, 0.45)]
)
def test_blur_is_not_read_as_information(grain: int, blur_px: float, at_most: float) -> None:
    found = estimate_information(frames_of(grain, blur_px), CAMERA, patch_size=16)
    # squares that lie within a patch are all told; bits of those that show in it are what there is
    assert (16 / grain) ** 2 / 256 - 0.01 < found.bits_per_pixel < at_most
    assert found.details["held_out_bits"] < at_most + 0.05


def test_sharp_pixels_of_two_levels_read_what_they_hold() -> None:
    found = estimate_information(frames_of(1, 0.0), CAMERA, patch_size=8)
    assert found.bits_per_pixel == pytest.approx(1, abs=0.01)


def test_other_scenes_are_not_looked_at_twice() -> None:
    rng = np.random.default_rng(2)
    white = gaussian_filter(rng.standard_normal(SHAPE), (0, 0, 2, 2), mode="wrap")
    frames = CAMERA.sample(4000 + 1000 * white / white.std(), rng)
    sample = choose_sample(take_in(frames, CAMERA, 8, None), 8, seed=0)
    cells = Cells.of(sample)
    predicted = np.full((2, 100), estimate_information(frames, CAMERA).h_y_nats)
    assert maps_of(sample, cells, linear_of(sample, cells), np.arange(2), predicted) is None


def test_maps_that_gain_nothing_for_some_fields_are_not_looked_for_in_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = frames_of(2, 0.6)
    sample = choose_sample(take_in(frames, CAMERA, 8, None), 8, seed=0)
    without_maps = estimate_information(frames, CAMERA).h_y_nats + 0.4
    predicted = np.full((3, len(sample.places[0])), without_maps)
    found = []

    def map_of(self: TwoLevelOptics, seen: BorderedFrames) -> np.ndarray:
        found.append(len(seen.y))
        return np.zeros(seen.y.shape, dtype=np.float32)  # a bad one

    monkeypatch.setattr(TwoLevelOptics, "map_of", map_of)
    cells = Cells.of(sample)
    assert maps_of(sample, cells, linear_of(sample, cells), np.arange(3), predicted) is None
    assert sum(found) == 2


def test_mixture_costs_little_more_than_the_better_and_is_learnt() -> None:
    rng = np.random.default_rng(3)
    nats = rng.normal((100.0, 60.0, 300.0), 5.0, (200, 3))
    nats[:40, 1] += 200  # patches of another kind
    weights = patch_weights(nats)
    assert weights.sum() == pytest.approx(1, abs=1e-4)
    assert weights[:2] == pytest.approx([0.2, 0.8], abs=0.02)
    mixed = mixed_nats(nats, weights)
    assert (mixed <= (nats - np.log(weights)).min(axis=1) + 1e-9).all()
    assert (mixed >= nats.min(axis=1)).all()
