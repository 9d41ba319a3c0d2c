"""P(y | lambda) of one camera pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.noise.entropy.camera_pixel import CameraPixel

PIXELS = [
    CameraPixel(0.5, 100, 1.6, 4095),
    CameraPixel(1.0, 5, 0.0, math.inf),
    CameraPixel(1.0, 500, 60, 4095),
]
LIGHT = np.array([0.5, 12.0, 90.0])


@pytest.mark.parametrize("pixel", PIXELS, ids=repr)
def test_it_is_a_distribution_with_the_cameras_mean_and_variance(pixel: CameraPixel) -> None:
    edges = pixel.group_edges(0, min(pixel.top_adu, 1500), pixel.stabilised(0) + 2)
    probability = pixel.probabilities(LIGHT, edges)
    assert (probability >= 0).all()
    assert probability.sum(axis=1) == pytest.approx(1, abs=1e-9)
    y = (edges[1:] + edges[:-1]) / 2
    mean = probability @ y
    width = np.diff(edges).max()
    assert mean == pytest.approx(pixel.offset_adu + LIGHT / pixel.gain_e_per_adu, abs=0.05 * width)
    variance = probability @ y**2 - mean**2
    expected = (LIGHT + pixel.read_noise_e**2) / pixel.gain_e_per_adu**2
    rounding = 1 / 12 if pixel.read_noise_e else 0.0  # whole electrons of a whole ADU stay whole
    assert variance == pytest.approx(expected + rounding, rel=0.01)


def test_electrons_and_signal_are_inverse() -> None:
    pixel = PIXELS[0]
    for lambda_e in (0.0, 3.0, 1e4):
        t = pixel.stabilised(lambda_e)
        assert float(pixel.electrons(np.array(t))) == pytest.approx(lambda_e, abs=1e-9)
        assert pixel.adu(t) == pytest.approx(100 + lambda_e / 0.5)


def test_the_clip_is_a_group_of_its_own() -> None:
    edges = PIXELS[0].group_edges(3000, 5000, 100.0)
    assert edges[-2:].tolist() == [4094.5, 4095.5]


def test_many_electrons_are_nearly_gaussian() -> None:
    pixel = PIXELS[1]
    lambda_e = np.array([400.0])
    edges = pixel.group_edges(0, 700, 40)
    exact, bright = (
        table(lambda_e, edges) for table in (pixel.probabilities, pixel.bright_probabilities)
    )
    assert np.abs(exact - bright).sum() < 0.01
    assert pixel.tabulated(lambda_e, edges)[1] == pytest.approx(
        pixel.smooth_entropy_nats(lambda_e),
        abs=2e-4,  # Sheppard's 1/12, which whole electrons do not have
    )


def test_lights_in_any_order_have_the_distribution_of_each_alone() -> None:
    pixel = CameraPixel(5.0, 10, 2.0, 1023)
    light = np.random.default_rng(0).permutation(np.geomspace(0.01, 2900, 150))
    edges = pixel.group_edges(0, 1023, pixel.stabilised(0))
    together = pixel.probabilities(light, edges)
    alone = np.concatenate([pixel.probabilities(one[None], edges) for one in light])
    assert together == pytest.approx(alone, abs=1e-14)
    assert together.sum(axis=1) == pytest.approx(1, abs=1e-9)
