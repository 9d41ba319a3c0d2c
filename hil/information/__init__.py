"""Mutual information between scene and measurement, from noisy frames alone.

H(Y|X) comes from the noise model (`phi_table`), H(Y) from a density fitted to patches
(`estimators`, one file each), their difference with its interval and flags from `estimate`.
"""

from hil.information.camera_noise import CameraNoise
from hil.information.comparison import Difference, compare, confidence_sequence
from hil.information.estimate import estimate_information
from hil.information.estimators import estimator_names
from hil.information.files import open_frames, read_frames
from hil.information.gaussian_map_noise import GaussianMapNoise, VisibilityNoise
from hil.information.gaussian_noise import GaussianNoise
from hil.information.noise_model import NoiseModel
from hil.information.online import OnlineEstimator
from hil.information.parse_noise import parse_noise
from hil.information.patches import cut_patches, patch_corners
from hil.information.poisson_noise import PoissonNoise
from hil.information.stored import estimate_stored
from hil.information.sufficiency import against_fields, against_patch_size
from hil.information.xray_noise import XrayNoise

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
