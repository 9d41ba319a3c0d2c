"""Noise models: what is known of p(measurement given scene).

``hil.noise.GaussianNoise(sigma_adu)``, ``PoissonNoise()`` and
``CameraNoise(gain_e_per_adu, offset_adu, read_noise_e, bit_depth=16)``. Build one and use it for
many estimates: it keeps its tables. Further: ``DualGainNoise``, ``EmccdNoise``,
``XrayNoise``, and for
`estimate_information` alone ``CameraMapNoise`` (a camera whose pixels differ), ``GaussianMapNoise``
(a width for each pixel) and ``VisibilityNoise`` (complex pixels).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hil.noise.camera import CameraNoise
from hil.noise.camera_map import CameraMapNoise
from hil.noise.dual_gain import DualGainNoise
from hil.noise.emccd import EmccdNoise
from hil.noise.gaussian import GaussianNoise
from hil.noise.gaussian_map import GaussianMapNoise, VisibilityNoise
from hil.noise.model import NoiseModel
from hil.noise.poisson import PoissonNoise
from hil.noise.xray import XrayNoise

if TYPE_CHECKING:
    from hil.noise.parse import parse_noise

__all__ = [
    "CameraMapNoise",
    "CameraNoise",
    "DualGainNoise",
    "EmccdNoise",
    "GaussianMapNoise",
    "GaussianNoise",
    "NoiseModel",
    "PoissonNoise",
    "VisibilityNoise",
    "XrayNoise",
    "parse_noise",
]


def __getattr__(name: str) -> Any:
    if name == "parse_noise":  # with all that files may say behind it, and pydantic
        from hil.noise.parse import parse_noise

        return parse_noise
    raise AttributeError(f"module 'hil.noise' has no attribute {name!r}")
