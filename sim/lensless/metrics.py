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

import numpy as np
import torch

from sim.lensless.imager import Imager, MaskSettings
from sim.sensor import SensorSpec

UNITS = {
    "mtf50_cycles_per_mrad": "cycles/mrad",
    "cutoff_cycles_per_mrad": "cycles/mrad",
    "least_mtf": "",
    "mean_photons": "photons",
    "snr": "",
}


def figures(
    imager: Imager, mask: MaskSettings, exposure_ms: float, sensor: SensorSpec
) -> dict[str, float]:
    """Compute them all; see the module."""
    one = imager.instrument
    distance_um = float(mask.distance_um)
    frequency, contrast = _radial(imager.transfer(mask), one.step_um, distance_um)
    diameter_um = float(imager.open_diameter_um(mask))
    cutoff = 1e-3 * diameter_um / one.wavelength_um
    cutoff = min(cutoff, 1e-3 * distance_um / (2 * one.pixel_um))
    below = np.flatnonzero(contrast < 0.5)
    last = int(below[0]) if below.size else contrast.size - 1
    mtf50 = float(np.interp(0.5, contrast[[last, last - 1]], frequency[[last, last - 1]]))
    flat = torch.ones((2, 2), dtype=torch.float64)
    middle = torch.zeros((1, 2), dtype=torch.float64)
    exposure_s = torch.tensor(exposure_ms / 1e3)
    mean_photons = float(imager.photons(flat, mask, middle, exposure_s).mean())
    mean_e = sensor.quantum_efficiency * mean_photons
    return {
        "mtf50_cycles_per_mrad": mtf50,
        "cutoff_cycles_per_mrad": cutoff,
        "least_mtf": float(contrast[frequency <= cutoff / 2].min()),
        "mean_photons": mean_photons,
        "snr": mean_e / sqrt(mean_e + sensor.read_noise_e**2),
    }


def _radial(
    transfer: torch.Tensor, step_um: float, distance_um: float
) -> tuple[np.ndarray, np.ndarray]:
    """Contrast |H| averaged over directions, against cycles/mrad."""
    magnitude = np.abs(transfer.detach().cpu().numpy())
    side = magnitude.shape[0]
    ky, kx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]
    ring = np.rint(np.hypot(ky, kx) * side).astype(np.intp).ravel()
    count = np.bincount(ring)
    rings = np.bincount(ring, magnitude.ravel()) / count
    used = rings[: side // 2]
    per_mrad = np.arange(used.size) / (side * step_um) * distance_um * 1e-3
    return per_mrad, used
