"""The camera's gain, told by the noise that a fit leaves (photon transfer).

e : electrons expected of a pixel, in the gain that is said
v : what noise leaves of it, squared: b^2 floor + b slope e, the read noise as it is said

b is said gain over true gain. It is chosen so that residuals are as large as noise leaves them, the
scenes' freedom made up for; what the model itself errs counts as noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from hil.twin.data import TrialData
from hil.twin.likelihood import Likelihood
from hil.twin.residuals import freedom
from hil.twin.twin import Gain

_GAIN_ERRS = 0.025
"""What residuals that are not all noise, and a read noise that is not as said, err the gain by."""


@dataclass(frozen=True, slots=True)
class NoiseFound:
    """What the residuals say of the noise.

    Parameters
    ----------
    slope, sd
        b, and its standard deviation by chance.
    """

    slope: float
    sd: float


def gain_of(data: Sequence[TrialData], slope: float, sd: float) -> Gain:
    """Tell the gain from b and its standard deviation."""
    said = float(np.mean([one.slope for one in data]))
    return Gain(1 / (slope * said), math.hypot(sd / slope, _GAIN_ERRS) / (slope * said))


def with_noise(one: TrialData, slope: float) -> TrialData:
    """Give the data the noise that goes with b."""
    return replace(one, floor=one.floor * slope**2, slope=one.slope * slope)


def found_noise(likelihood: Likelihood, values: torch.Tensor, d: torch.Tensor) -> NoiseFound:
    """Find b."""
    left, floor, shot, count = 0.0, 0.0, 0.0, 0.0
    with torch.no_grad():
        optics = likelihood.optics(values)
        spectrum = torch.fft.rfft2(likelihood.scenes(d))
        taken = freedom(likelihood, values)
        for trial, one in enumerate(likelihood.data):
            e, w = optics.expected(trial, spectrum), likelihood.weights[trial]
            free = (one.usable.float() - taken[trial]) * w / one.repeats
            left += float((w * (one.y - e).square()).sum(dtype=torch.float64))
            floor += one.floor * float(free.sum(dtype=torch.float64))
            shot += one.slope * float((free * e.clamp(min=0)).sum(dtype=torch.float64))
            count += float((one.usable.float() - taken[trial]).sum(dtype=torch.float64))
    floor, shot = max(floor, 0.0), max(shot, 1e-9)
    # b^2 floor + b shot = left
    slope = 2 * left / (shot + (shot**2 + 4 * floor * left) ** 0.5)
    return NoiseFound(slope, slope * (2 / max(count, 2.0)) ** 0.5)
