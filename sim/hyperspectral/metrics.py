"""The figures of merit that spectral imaging goes by, at the present settings.

``spectral_resolution_nm``  full width at half maximum of the bands, slit included, on average
``spectral_angle_deg``      smallest angle between two materials' reflectances in the bands
                            (Kruse et al., Remote Sens. Environ. 44, 145, 1993)
``condition``               condition number of the matrix of these reflectances, bands x materials:
                            by how much unmixing may amplify noise
``light_e``                 electrons of a pixel in all bands, from reflectance 0.3
``snr``, ``snr1`` ...       mean over standard deviation of a pixel at that light, on average over
                            bands and in each, in one frame

Resolution, angle and condition do not know how much light there is.
"""

from __future__ import annotations

from itertools import combinations
from math import asin, degrees

import numpy as np
import torch
from numpy.typing import NDArray

from sim.hyperspectral.imager import BandSettings, HyperspectralImager
from sim.hyperspectral.passband import half_width_nm
from sim.hyperspectral.spectra import Curve

GREY = 0.3


def figures(
    imager: HyperspectralImager, bands: BandSettings, materials: Curve, read_noise_e: float
) -> dict[str, float]:
    """Compute them all; see the module.

    Parameters
    ----------
    imager, bands
        What is looked through.
    materials
        (k, n) reflectances to be told apart.
    read_noise_e
        Of a pixel.
    """
    with torch.no_grad():
        transmission = imager.transmission(bands)
        widths = half_width_nm(imager.l_nm, transmission)
        white_e = imager.sensitivity(bands).sum(dim=1).numpy()
        reflectance = imager.band_reflectance(bands, torch.from_numpy(materials)).numpy()
    grey_e = GREY * white_e
    snr = grey_e / np.sqrt(np.maximum(grey_e + read_noise_e**2, 1e-12))
    values = np.linalg.svd(reflectance, compute_uv=False)
    found = {
        "spectral_resolution_nm": float(widths.mean()),
        "spectral_angle_deg": _smallest_angle(reflectance),
        "condition": float(values[0] / max(values[-1], 1e-12 * values[0])),
        "light_e": float(grey_e.sum()),
        "snr": float(snr.mean()),
    }
    return found | {f"snr{b}": float(value) for b, value in enumerate(snr, 1)}


def _smallest_angle(reflectance: NDArray[np.float64]) -> float:
    """Between two columns, degrees; 0 where there is but one."""
    unit = reflectance / np.linalg.norm(reflectance, axis=0)
    chords = (
        float(np.linalg.norm(unit[:, i] - unit[:, j]))
        for i, j in combinations(range(unit.shape[1]), 2)
    )
    return degrees(2 * asin(min(min(chords, default=0.0) / 2, 1.0)))
