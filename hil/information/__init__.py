"""Mutual information between scene and measurement, from noisy frames alone.

H(Y|X) comes from the noise model (`phi_table`), H(Y) from a density fitted to patches
(`estimators`, one file each), their difference with its interval and flags from `estimate`. What is
asked for is loaded, and no more.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hil.frames.files import open_frames, read_frames
    from hil.information.comparison import Difference, compare, confidence_sequence
    from hil.information.estimate import estimate_information
    from hil.information.estimators import estimator_names
    from hil.information.out_of_core import estimate_stored
    from hil.information.sample.patches import cut_patches, patch_corners
    from hil.information.stream.online import OnlineEstimator
    from hil.information.sufficiency import against_fields, against_patch_size
    from hil.noise.camera import CameraNoise
    from hil.noise.gaussian import GaussianNoise
    from hil.noise.gaussian_map import GaussianMapNoise, VisibilityNoise
    from hil.noise.model import NoiseModel
    from hil.noise.parse import parse_noise
    from hil.noise.poisson import PoissonNoise
    from hil.noise.xray import XrayNoise

_HOMES = {
    "CameraNoise": "hil.noise.camera",
    "Difference": "hil.information.comparison",
    "GaussianMapNoise": "hil.noise.gaussian_map",
    "GaussianNoise": "hil.noise.gaussian",
    "NoiseModel": "hil.noise.model",
    "OnlineEstimator": "hil.information.stream.online",
    "PoissonNoise": "hil.noise.poisson",
    "VisibilityNoise": "hil.noise.gaussian_map",
    "XrayNoise": "hil.noise.xray",
    "against_fields": "hil.information.sufficiency",
    "against_patch_size": "hil.information.sufficiency",
    "compare": "hil.information.comparison",
    "confidence_sequence": "hil.information.comparison",
    "cut_patches": "hil.information.sample.patches",
    "estimate_information": "hil.information.estimate",
    "estimate_stored": "hil.information.out_of_core",
    "estimator_names": "hil.information.estimators",
    "open_frames": "hil.frames.files",
    "parse_noise": "hil.noise.parse",
    "patch_corners": "hil.information.sample.patches",
    "read_frames": "hil.frames.files",
}

__all__ = [
    "CameraNoise",
    "Difference",
    "GaussianMapNoise",
    "GaussianNoise",
    "NoiseModel",
    "OnlineEstimator",
    "PoissonNoise",
    "VisibilityNoise",
    "XrayNoise",
    "against_fields",
    "against_patch_size",
    "compare",
    "confidence_sequence",
    "cut_patches",
    "estimate_information",
    "estimate_stored",
    "estimator_names",
    "open_frames",
    "parse_noise",
    "patch_corners",
    "read_frames",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hil.information' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
