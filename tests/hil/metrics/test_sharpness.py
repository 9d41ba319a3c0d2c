"""The usual measures of sharpness go down, or up, with blur, and have the values of their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil import noise
from hil.metrics.registry import Metric
from hil.metrics.sharpness import blur, brenner, normalised_variance, spectral_entropy

NOISE = noise.CameraNoise(1.0, 100.0, 1.0)


def stack(sigma_px: float) -> np.ndarray:
    rng = np.random.default_rng(5)
    light = rng.uniform(0, 1000, (3, 1, 64, 64))
    blurred = gaussian_filter(light, (0, 0, sigma_px, sigma_px)) if sigma_px else light
    return np.rint(blurred + 100).astype(np.uint16)


@pytest.mark.parametrize("metric", [brenner, normalised_variance, spectral_entropy])
def test_falls_with_blur_in_every_field(metric: Metric) -> None:
    values = [metric(stack(sigma), NOISE, {}) for sigma in (0.8, 1.5, 4.0)]
    assert np.all(np.diff(values, axis=0) < 0)


def test_blur_rises_with_it() -> None:
    values = [blur(stack(sigma), NOISE, {}) for sigma in (0, 1, 3)]
    assert np.all(np.diff(values, axis=0) > 0)
    assert np.min(values) > 0 and np.max(values) < 1


def test_brenner_of_a_ramp_is_the_square_of_its_step() -> None:
    ramp = np.broadcast_to(np.arange(0, 320, 5), (2, 1, 64, 64)).astype(np.uint16)
    assert brenner(ramp, NOISE, {}) == pytest.approx(
        [50.0, 50.0]
    )  # (2 x 5)^2 along one of two axes
    assert brenner(ramp, NOISE, {}, step_px=1) == pytest.approx([12.5, 12.5])
    with pytest.raises(ValueError, match="step_px = 64, allowed: 1 to 63"):
        brenner(ramp, NOISE, {}, step_px=64)


def test_normalised_variance_takes_the_offset_off() -> None:
    frames = np.array([[[[150, 250], [150, 250]]]], dtype=np.uint16)
    assert normalised_variance(frames, NOISE, {}) == pytest.approx([2500 / 100])


def test_channels_and_repeats_are_averaged() -> None:
    one, other = stack(0.0)[:, 0], stack(2.0)[:, 0]
    both = np.stack([one, other], axis=1)[:, None]  # (fields, repeats, channels, height, width)
    alone = [brenner(part[:, None], NOISE, {}) for part in (one, other)]
    assert brenner(both, NOISE, {}) == pytest.approx(np.mean(alone, axis=0))
