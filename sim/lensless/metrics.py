"""The figures of merit that optics goes by, for the mask as it is set.

``mtf50_cycles_per_mrad``   frequency at which the contrast of the whole mask, averaged over
                            directions, first falls to a half
``cutoff_cycles_per_mrad``  2 a / lambda of one aperture, or the pixels' Nyquist rate if lower
``least_mtf``               smallest contrast, averaged over directions, up to half the cut-off:
                            what deconvolution must divide by
``mean_photons``            on a pixel, from radiance 1
``snr``                     mean over standard deviation of a pixel at that light, in one frame
"""

from __future__ import annotations

from math import sqrt

import torch

from sim.lensless.imager import LenslessImager, MaskSettings
from sim.parts.metrics import first_below, radial_contrast
from sim.parts.sensor import SensorSpec


def figures(
    imager: LenslessImager, mask: MaskSettings, exposure_ms: float, sensor: SensorSpec
) -> dict[str, float]:
    """Compute them all; see the module."""
    one = imager.instrument
    distance_um = float(mask.distance_um)
    per_um, contrast = radial_contrast(imager.transfer(mask), one.step_um)
    frequency = per_um * distance_um * 1e-3  # cycles/mrad
    diameter_um = float(imager.open_diameter_um(mask))
    cutoff = 1e-3 * diameter_um / one.wavelength_um
    cutoff = min(cutoff, 1e-3 * distance_um / (2 * one.pixel_um))
    flat = torch.ones((2, 2), dtype=torch.float64)
    middle = torch.zeros((1, 2), dtype=torch.float64)
    exposure_s = torch.tensor(exposure_ms / 1e3)
    mean_photons = float(imager.photons(flat, mask, middle, exposure_s).mean())
    mean_e = sensor.quantum_efficiency * mean_photons
    return {
        "mtf50_cycles_per_mrad": first_below(0.5, frequency, contrast),
        "cutoff_cycles_per_mrad": cutoff,
        "least_mtf": float(contrast[frequency <= cutoff / 2].min()),
        "mean_photons": mean_photons,
        "snr": mean_e / sqrt(mean_e + sensor.read_noise_e**2),
    }
