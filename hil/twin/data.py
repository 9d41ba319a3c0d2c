"""Recorded frames as a fit takes them: electrons, with the weight of each pixel.

y : mean over repeats, electrons
v : its variance in the rig's noise, electrons^2
w : 1 / v, and 0 where a pixel was clipped
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from drivers.types import Pixels, Value
from hil.errors import InputError
from sim.parts.sensor import SensorNoise


class Variance(Protocol):
    """What a fit asks of a noise model: any of `hil.noise` that has no maps."""

    highest_adu: float

    def mean_variance_adu2(self, mean_adu: float, discrete: bool) -> float:
        """Give the variance of pixels of this mean."""
        ...


@dataclass(frozen=True, slots=True)
class TrialFrames:
    """The frames of one trial.

    Parameters
    ----------
    settings
        All settings that the rig's optics ask for, without those that place the fields.
    frames
        (fields, repeats, height, width), ADU.
    noise
        Of the camera at these settings.
    """

    settings: Mapping[str, Value]
    frames: Pixels
    noise: Variance


@dataclass(frozen=True, slots=True)
class TrialData:
    """The same in electrons; see the module.

    Parameters
    ----------
    y
        (fields, height, width) float32.
    usable
        The same shape: whether a pixel counts.
    floor, slope
        v = (floor + slope * electrons) / repeats.
    repeats
        How many frames y is the mean of.
    e_per_adu
        The gain that turned them into electrons.
    """

    y: torch.Tensor
    usable: torch.Tensor
    floor: float
    slope: float
    repeats: int
    e_per_adu: float = 1.0

    def weights(self, expected: torch.Tensor) -> torch.Tensor:
        """Give w where so many electrons are expected."""
        variance = (self.floor + self.slope * expected.clamp(min=0)).clamp(min=1e-6)
        return self.usable * (self.repeats / variance)

    def smooth(self) -> torch.Tensor:
        """Give expected electrons before any fit: means over 5 x 5 pixels."""
        padded = torch.nn.functional.pad(self.y[:, None], (2, 2, 2, 2), mode="replicate")
        return torch.nn.functional.avg_pool2d(padded, 5, stride=1)[:, 0]


def take_in(trial: TrialFrames, camera: SensorNoise, fields: Sequence[int]) -> TrialData:
    """Turn frames into electrons, by the camera's own converter.

    Raises
    ------
    InputError
        The noise model is not one of variances.
    """
    frames = np.asarray(trial.frames)[list(fields)]
    gain, offset = camera.gain_e_per_adu, camera.offset_adu
    variance = getattr(trial.noise, "mean_variance_adu2", None)
    if variance is None:
        raise InputError(
            "noise",
            "kind",
            f"{type(trial.noise).__name__} cannot be fitted with, allowed: one"
            " without maps, kind = 'camera' say",
        )
    dark = float(variance(offset, True))
    lit = float(variance(offset + 1000.0, True))
    top = trial.noise.highest_adu
    usable = (frames < top).all(axis=1) & (frames > 0).all(axis=1)
    mean = (frames.mean(axis=1, dtype=np.float64) - offset) * gain
    return TrialData(
        y=torch.from_numpy(mean.astype(np.float32)),
        usable=torch.from_numpy(usable),
        floor=dark * gain**2,
        slope=max(0.0, lit - dark) / 1000.0 * gain,
        repeats=frames.shape[1],
        e_per_adu=gain,
    )
