"""Mutual information between scene and measurement, from noisy frames alone.

H(Y|X) comes from the noise model (`phi_table`), H(Y) from a density fitted to patches
(`estimators`, one file each), their difference with its interval and flags from `estimate`.
"""

from hil.information.camera_noise import CameraNoise
from hil.information.estimate import estimate_information
from hil.information.estimators import estimator_names
from hil.information.files import read_frames
from hil.information.gaussian_noise import GaussianNoise
from hil.information.noise_model import NoiseModel
from hil.information.online import OnlineEstimator
from hil.information.parse_noise import parse_noise
from hil.information.poisson_noise import PoissonNoise

__all__ = [
    "CameraNoise",
    "GaussianNoise",
    "NoiseModel",
    "OnlineEstimator",
    "PoissonNoise",
    "estimate_information",
    "estimator_names",
    "parse_noise",
    "read_frames",
]
