"""Light and contrast of images whose truth is known, with noise of every kind."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil import noise
from hil.metrics.light import contrast, snr

CAMERA = noise.CameraNoise(0.5, 100.0, 1.6)


def frames_of(light_e: np.ndarray, model: noise.CameraNoise, n_fields: int = 4) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.array([[model.sample(light_e, rng) for _ in range(2)] for _ in range(n_fields)])


def test_a_flat_field_has_the_signal_to_noise_of_its_light_and_no_contrast() -> None:
    frames = frames_of(np.full((64, 64), 400.0), CAMERA)
    expected = 400 / math.sqrt(400 + 1.6**2 + 0.5**2 / 12)
    assert snr(frames, CAMERA, {}) == pytest.approx(np.full(4, expected), rel=0.01)
    assert contrast(frames, CAMERA, {}).max() < 0.02


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_noise_adds_no_contrast(share: float) -> None:
    wave = np.sin(2 * np.pi * np.arange(64) / 16)
    light_e = 200 * (1 + share * np.broadcast_to(wave, (64, 64)))
    found = contrast(frames_of(light_e, CAMERA), CAMERA, {})
    assert found == pytest.approx(np.full(4, share / math.sqrt(2)), rel=0.05)


def test_no_light_has_no_contrast_that_could_be_told() -> None:
    dark = np.full((2, 1, 8, 8), 90, dtype=np.uint16)
    assert not np.isfinite(contrast(dark, CAMERA, {})).any()


def test_pixels_that_differ_are_corrected_first() -> None:
    offset = 100 + np.random.default_rng(0).integers(0, 40, (32, 32)).astype(float)
    model = noise.CameraMapNoise(0.5, offset, 1.6)
    rng = np.random.default_rng(1)
    electrons = rng.poisson(300, (4, 2, 32, 32)) + rng.normal(0, 1.6, (4, 2, 32, 32))
    frames = np.rint(electrons / 0.5 + offset).astype(np.uint16)
    assert contrast(frames, model, {}).max() < 0.03
    assert contrast(frames, noise.CameraNoise(0.5, 120.0, 1.6), {}).min() > 0.01
    assert snr(frames, model, {}) == pytest.approx(np.full(4, math.sqrt(300)), rel=0.03)


def test_a_model_that_knows_no_offset_takes_it_as_zero() -> None:
    frames = np.full((1, 1, 8, 8), 50, dtype=np.uint16)
    assert snr(frames, noise.GaussianNoise(5.0), {}) == pytest.approx([10], rel=0.02)
