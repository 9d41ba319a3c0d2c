"""Spectra tell blurred details from sharp ones, and from smooth light."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information.spikes.optics import sharpness

SHAPE = (6, 64, 64)


def images(sigma: float, sd: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    scene = gaussian_filter(rng.standard_normal(SHAPE), (0, sigma, sigma))
    noisy = sd * scene / scene.std() + 2 * rng.standard_normal(SHAPE)
    return noisy.astype(np.float32)


@pytest.mark.parametrize(
    ("sigma", "sd", "blurred", "by_noise_alone"),
    [
        (1.5, 50.0, True, True),
        (1.0, 25.0, True, False),  # something is left, a little
        (0.3, 50.0, False, False),  # as sharp as the pixels
        (6.0, 50.0, False, True),  # smooth light: nothing says what optics would leave
        (1.5, 0.0, False, True),  # a flat field
    ],
)
def test_optics_are_told_by_details_that_they_blurred(
    sigma: float, sd: float, blurred: bool, by_noise_alone: bool
) -> None:
    found = sharpness(images(sigma, sd), 4.0)
    assert found.blurred is blurred
    assert found.by_noise_alone is by_noise_alone


def test_small_images_tell_nothing() -> None:
    found = sharpness(images(1.5, 50.0)[:, :32, :32], 4.0)
    assert not found.blurred
    assert not found.by_noise_alone
