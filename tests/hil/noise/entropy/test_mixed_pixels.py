"""A pixel drawn at random from a sensor whose pixels differ."""

from __future__ import annotations

import numpy as np
import pytest

from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.entropy.mixed_pixels import MixedPixels

CLASSES = [CameraPixel(0.5, 100, 1.6, 4095), CameraPixel(0.8, 95, 4.0, 4095)]
LIGHT = np.array([2.0, 60.0])


def test_one_class_is_itself() -> None:
    mixed = MixedPixels.of(CLASSES[:1], np.array([1.0]), 100)
    edges = CLASSES[0].group_edges(0, 600, 3.0)
    for found, expected in zip(
        mixed.tabulated(LIGHT, edges), CLASSES[0].tabulated(LIGHT, edges), strict=True
    ):
        assert found == pytest.approx(expected)


def test_the_histogram_is_a_mixture_and_the_entropy_a_mean() -> None:
    weights = np.array([0.7, 0.3])
    mixed = MixedPixels.of(CLASSES, weights, 100)
    edges = mixed.group_edges(0, 600, 3.0)
    probability, nats = mixed.tabulated(LIGHT, edges)
    assert probability.sum(axis=1) == pytest.approx(1)
    # which pixel is which is known: less entropy than the histogram itself has
    of_histogram = -np.sum(probability * np.log(np.maximum(probability, 1e-300)), axis=1)
    assert (nats < of_histogram + probability @ np.log(np.diff(edges))).all()


def test_the_typical_camera_has_the_mean_slope_and_the_mean_variance_in_the_dark() -> None:
    weights = np.array([0.7, 0.3])
    mixed = MixedPixels.of(CLASSES, weights, 100)
    assert 1 / mixed.gain_e_per_adu == pytest.approx(0.7 / 0.5 + 0.3 / 0.8)
    dark_e = np.array([0.0, 5 * 0.8])
    assert mixed.dark_e == pytest.approx(dark_e)
    variance = 0.7 * (1.6 / 0.5) ** 2 + 0.3 * (4.0**2 + 4.0) / 0.8**2
    assert (mixed.read_noise_e / mixed.gain_e_per_adu) ** 2 == pytest.approx(variance)
