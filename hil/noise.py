"""Noise models: what is known of p(measurement given scene).

``hil.noise.GaussianNoise(sigma_adu)``, ``PoissonNoise()`` and
``CameraNoise(gain_e_per_adu, offset_adu, read_noise_e, bit_depth=16)``. Build one and use it for
many estimates: it keeps its tables.
"""

from hil.information.camera_noise import CameraNoise
from hil.information.gaussian_noise import GaussianNoise
from hil.information.noise_model import NoiseModel
from hil.information.parse_noise import parse_noise
from hil.information.poisson_noise import PoissonNoise

__all__ = ["CameraNoise", "GaussianNoise", "NoiseModel", "PoissonNoise", "parse_noise"]
