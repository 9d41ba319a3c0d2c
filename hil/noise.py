"""Noise models: what is known of p(measurement given scene).

``hil.noise.GaussianNoise(sigma_adu)``, ``PoissonNoise()`` and
``CameraNoise(gain_e_per_adu, offset_adu, read_noise_e, bit_depth=16)``. Build one and use it for
many estimates: it keeps its tables. Further: ``DualGainNoise``, ``EmccdNoise``,
``XrayNoise``, and for
`estimate_information` alone ``CameraMapNoise`` (a camera whose pixels differ), ``GaussianMapNoise``
(a width for each pixel) and ``VisibilityNoise`` (complex pixels).
"""

from hil.information.camera_map_noise import CameraMapNoise
from hil.information.camera_noise import CameraNoise
from hil.information.dual_gain_noise import DualGainNoise
from hil.information.emccd_noise import EmccdNoise
from hil.information.gaussian_map_noise import GaussianMapNoise, VisibilityNoise
from hil.information.gaussian_noise import GaussianNoise
from hil.information.noise_model import NoiseModel
from hil.information.parse_noise import parse_noise
from hil.information.poisson_noise import PoissonNoise
from hil.information.xray_noise import XrayNoise

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
