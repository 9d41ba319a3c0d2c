"""What pixels expect, in a unit in which the camera's noise is about the same everywhere.

lambda : expected electrons (counts, for Poisson noise; ADU, for Gaussian)
v      : variance of the noise in the same unit: lambda + s^2 + g^2 / 12, lambda, or sigma^2

The variance-stabilising map is 2 sqrt(lambda + s^2 + 3/8) (Anscombe 1948; Starck, Murtagh and
Bijaoui 1998), after which the noise is that of a first-order expansion, v / (lambda + s^2 + 3/8).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from hil.errors import InputError
from hil.noise.camera import CameraNoise
from hil.noise.gaussian import GaussianNoise
from hil.noise.poisson import PoissonNoise

Noise = CameraNoise | GaussianNoise | PoissonNoise
_ANSCOMBE = 3 / 8


@dataclass(frozen=True, slots=True)
class Signal:
    """Values whose noise is Gaussian.

    Parameters
    ----------
    values
        (n, H, W), in the unit of ``variance``'s root.
    variance
        Of the noise, of the same shape.
    """

    values: torch.Tensor
    variance: torch.Tensor


def signal(expected: torch.Tensor, noise: Noise, stabilise: bool) -> Signal:
    """Give values and noise.

    Parameters
    ----------
    expected
        (n, H, W) electrons under `CameraNoise`, counts under `PoissonNoise`, ADU under
        `GaussianNoise`.
    noise
        Of the camera.
    stabilise
        Whether values are mapped to noise that is about 1.

    Raises
    ------
    InputError
        For another noise model.
    """
    if isinstance(noise, GaussianNoise):
        return Signal(expected, torch.full_like(expected, noise.sigma_adu**2))
    if isinstance(noise, CameraNoise):
        own = noise.read_noise_e**2 + noise.gain_e_per_adu**2 / 12
    elif isinstance(noise, PoissonNoise):
        own = 0.0
    else:
        raise InputError(
            "noise",
            "",
            f"is {type(noise).__name__}; allowed: CameraNoise, PoissonNoise, GaussianNoise",
        )
    light = expected.clamp(min=0.0)
    variance = light + own
    if not stabilise:
        return Signal(light, variance.clamp(min=1e-6))
    shifted = light + own + _ANSCOMBE
    return Signal(2 * shifted.sqrt(), (variance / shifted).clamp(min=1e-6))
