"""How much light there is, and what becomes of it.

y_i : pixel i of a frame, ADU         o : what it reads without light
m   : mean over a field's pixels and repeats, ADU
s^2 : variance over the pixels of a frame, mean over repeats
V(m): variance of the noise of a pixel whose mean is m, by the noise model
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from drivers.types import Floats, Pixels, Value


def image_by_image(metric: Callable[..., Floats]) -> Callable[..., Floats]:
    """Let a metric that knows one noise model take one for each channel: the mean over channels."""

    @functools.wraps(metric)
    def over_all(
        frames: Pixels, noise: Any, settings: Mapping[str, Value], **options: Any
    ) -> Floats:
        if not isinstance(noise, tuple):
            return metric(frames, noise, settings, **options)
        own = [metric(frames[:, :, c], one, settings, **options) for c, one in enumerate(noise)]
        mean: Floats = np.mean(own, axis=0)
        return mean

    return over_all


@image_by_image
def snr(frames: Pixels, noise: Any, settings: Mapping[str, Value]) -> Floats:
    """Signal of a mean pixel over the standard deviation of its noise, (m - o) / sqrt(V(m))."""
    frames, noise = corrected(frames, noise)
    mean = field_means(frames)
    return (mean - offset_adu(noise)) / np.sqrt(_noise_variance(frames, mean, noise))


@image_by_image
def contrast(frames: Pixels, noise: Any, settings: Mapping[str, Value]) -> Floats:
    """Divide the standard deviation of the image by its mean, without the noise's share.

    sqrt(s^2 - V(m)) / (m - o), 0 where noise explains all that there is.
    """
    frames, noise = corrected(frames, noise)
    mean = field_means(frames)
    variance = frames.astype(np.float64).var(axis=(-2, -1))
    variance = variance.reshape(len(frames), -1).mean(axis=1)
    variance = variance - _noise_variance(frames, mean, noise)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.sqrt(np.maximum(variance, 0)) / np.maximum(mean - offset_adu(noise), 0)
    return found


def corrected(frames: Pixels, noise: Any) -> tuple[Pixels, Any]:
    """Correct pixels that differ, by the maps of a calibration, where there are some."""
    return noise.flatten(frames) if hasattr(noise, "flatten") else (frames, noise)


def field_means(frames: Pixels) -> Floats:
    """Mean over the pixels, channels and repeats of each field, (fields,) ADU."""
    means: Floats = frames.reshape(len(frames), -1).mean(axis=1, dtype=np.float64)
    return means


def offset_adu(noise: Any) -> float:
    """Tell what a pixel reads without light, ADU; 0 where the model does not know it."""
    return float(np.mean(getattr(noise, "offset_adu", 0.0)))


def _noise_variance(frames: Pixels, mean: Floats, noise: Any) -> Floats:
    discrete = frames.dtype.kind in "ui"
    return np.array([noise.mean_variance_adu2(float(one), discrete) for one in mean])
