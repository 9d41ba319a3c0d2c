"""What is dark around the light counts as nothing, and its edge not at all."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information import estimate_information
from hil.noise import CameraNoise, PoissonNoise
from hil.noise.model import NoiseModel
from hil.records.estimate import Estimate, making_wrong

CAMERA = CameraNoise(0.5, 100, 1.6)
SIDE = 96
ROW, COLUMN = np.mgrid[:SIDE, :SIDE] - SIDE / 2


def texture(level_e: float, n: int = 8) -> np.ndarray:
    white = np.random.default_rng(1).standard_normal((n, 1, SIDE, SIDE))
    white = gaussian_filter(white, (0, 0, 2, 2))
    return np.asarray(level_e * np.exp(0.3 * white / white.std()))


def stop(radius_px: float, edge_px: float = 0.0) -> np.ndarray:
    beyond = np.hypot(ROW, COLUMN) - radius_px
    return np.asarray(np.clip(0.5 - beyond / max(edge_px, 1.0), 0, 1))


def estimated(light_e: np.ndarray, noise: NoiseModel = CAMERA) -> Estimate:
    return estimate_information(noise.sample(light_e, np.random.default_rng(2)), noise, None, 8)


@pytest.mark.parametrize("level_e", [40.0, 2000.0])
@pytest.mark.parametrize(
    "shape",
    [stop(42.0), stop(40.0, 8.0), (np.abs(COLUMN) < 30) * 1.0, (ROW < 20) * 1.0],
    ids=["stop", "soft stop", "slit", "half"],
)
def test_a_dark_surround_adds_nothing(level_e: float, shape: np.ndarray) -> None:
    whole = estimated(texture(level_e)).bits_per_pixel
    found = estimated(texture(level_e) * shape + 0.5)
    assert found.bits_per_pixel == pytest.approx(whole * (shape > 0.5).mean(), abs=0.02)
    assert found.details["lit_share"] == pytest.approx((shape > 0.5).mean(), abs=0.03)
    assert "dark_surround" in found.flags
    assert not making_wrong(found.flags)
    assert found.ci_low < found.bits_per_pixel < found.ci_high
    assert found.bits_per_pixel < found.details["single_pixel_bits"]
    assert found.details["held_out_bits"] == pytest.approx(found.bits_per_pixel, abs=0.03)


def test_counted_photons_and_flat_fields_too() -> None:
    light = np.broadcast_to(300.0 * stop(40.0) + 1e-9, (8, 1, SIDE, SIDE))
    found = estimated(light, PoissonNoise())
    assert found.bits_per_pixel == pytest.approx(0, abs=0.01)
    assert "dark_surround" in found.flags


def test_a_stop_that_shakes_is_one() -> None:
    moved = [np.roll(stop(36.0), rc, (0, 1)) for rc in ((0, 2), (1, -2), (-3, 0), (2, 2))]
    whole = estimated(texture(1000.0)).bits_per_pixel
    found = estimated(texture(1000.0) * np.stack(moved * 2)[:, None])
    assert found.bits_per_pixel == pytest.approx(whole * stop(36.0).mean(), abs=0.04)


def test_channels_are_cut_alike() -> None:
    light = np.stack([texture(1000.0) * stop(42.0), texture(300.0) * stop(42.0)], axis=2)
    found = estimated(light)
    assert "dark_surround" in found.flags
    whole = estimated(np.stack([texture(1000.0), texture(300.0)], axis=2)).bits_per_pixel
    assert found.bits_per_pixel == pytest.approx(whole * (stop(42.0) > 0.5).mean(), abs=0.02)


def beads(share: float) -> np.ndarray:
    points = np.random.default_rng(4).random((8, 1, SIDE, SIDE)) < share
    return 1 + 5e4 * gaussian_filter(points * 1.0, (0, 0, 1.5, 1.5))


def spots_that_move() -> np.ndarray:
    rng = np.random.default_rng(5)
    places = rng.uniform(-40, 40, (8, 2))
    return np.stack([[1 + 800 * (np.hypot(ROW - a, COLUMN - b) < 12)] for a, b in places]).astype(
        np.float64
    )


def blobs() -> np.ndarray:
    rng = np.random.default_rng(1)
    light = np.ones((8, 1, SIDE, SIDE))
    for field in light[:, 0]:
        for a, b in rng.uniform(-48, 48, (6, 2)):
            field += 500 * np.exp(-((ROW - a) ** 2 + (COLUMN - b) ** 2) / 18)
    return light


@pytest.mark.parametrize(
    "light_e",
    [
        beads(1e-3),
        beads(1e-2),
        blobs(),
        spots_that_move(),
        texture(500.0),
        np.full((8, 1, SIDE, SIDE), 9.0),
    ],
    ids=["few beads", "beads", "blobs", "spots", "texture", "flat"],
)
def test_scenes_are_no_surround(light_e: np.ndarray) -> None:
    assert "dark_surround" not in estimated(light_e).flags


def test_three_fields_cannot_tell() -> None:
    assert "dark_surround" not in estimated(texture(1000.0, 3) * stop(42.0)).flags
