"""The figures of merit that radiography goes by, for the scan as it is set.

``snr``             mean over standard deviation of a bin behind the middle of a water cylinder that
                    fills six tenths of the field, in one view, electronic noise included
``cnr``             contrast of 1 mm of cortical bone in that cylinder, over that standard deviation
``cutoff_per_mm``   where blur and bin let a tenth of the contrast through, or Nyquist's rate of the
                    bins, whichever is lower, line pairs per mm
``nyquist_views``   views that the field's edge needs to be sampled as finely as the bins sample:
                    pi / 2 x bins over 180 degrees (Crowther et al., Proc. R. Soc. A 1970), and as
                    many over the arc
``view_ms``         exposure of one view
``dose_mgy``        air kerma of the scan at the sample's place, nothing in the beam
``scatter``         share of scattered photons behind the cylinder
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import torch

from sim.tomography.imager import Scanner, ScanSettings
from sim.tomography.materials import BONE_G_PER_CM3

_CYLINDER = 0.6
_DETAIL_CM = 0.1


def figures(
    scanner: Scanner, scan: ScanSettings, electronic_noise_photons: float
) -> dict[str, float]:
    """Compute them all; see the module."""
    one = scanner.instrument
    photons = float(scanner.reference_photons(scan)) * scan.binning
    water, detail, scattered = (photons * share for share in _behind_the_cylinder(scanner, scan))
    noise = sqrt(water + scattered + electronic_noise_photons**2)
    bin_mm = one.bin_mm * scan.binning
    fluence_per_cm2 = float(scanner.reference_photons(scan)) / (
        one.efficiency * (one.bin_mm / 10) ** 2
    )
    return {
        "snr": (water + scattered) / noise,
        "cnr": abs(water - detail) / noise,
        "cutoff_per_mm": min(0.5 / bin_mm, _tenth_per_mm(float(scanner.blur_mm(scan)), bin_mm)),
        "nyquist_views": pi / 2 * one.width_mm / bin_mm * float(scan.arc_deg) / 180,
        "view_ms": float(scan.exposure_ms) / scan.views,
        "dose_mgy": fluence_per_cm2 * scan.views * float(scanner.spectrum(scan).kerma_mgy_cm2),
        "scatter": scattered / (water + scattered) if water else 0.0,
    }


def _behind_the_cylinder(scanner: Scanner, scan: ScanSettings) -> tuple[float, float, float]:
    """Light behind its middle, there with bone in it, and scattered; shares of the reference's."""
    width_cm = scanner.instrument.width_mm / 10
    across = torch.linspace(-width_cm / 2, width_cm / 2, 401, dtype=torch.float64)
    chord = 2 * torch.sqrt(torch.clamp((_CYLINDER * width_cm / 2) ** 2 - across**2, min=0))
    water = torch.stack([chord, torch.zeros_like(chord)])
    bone = water.clone()
    bone[:, 200] += torch.tensor([-_DETAIL_CM, _DETAIL_CM * BONE_G_PER_CM3])
    plain, detailed = scanner.transmitted(torch.stack([water, bone]), scan)
    scattered = scanner.scatter_ratio(chord.mean()) * plain.mean()
    return float(plain[200]), float(detailed[200]), float(scattered)


def _tenth_per_mm(blur_mm: float, bin_mm: float) -> float:
    """Frequency at which Gaussian blur and a square bin leave a tenth of the contrast."""
    frequency = np.linspace(0, 1 / bin_mm, 2001)
    contrast = np.exp(-2 * (pi * frequency * blur_mm) ** 2) * np.sinc(frequency * bin_mm)
    return float(frequency[np.flatnonzero(contrast < 0.1)[0]])
