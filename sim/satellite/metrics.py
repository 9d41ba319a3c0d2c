"""The figures of merit that remote sensing goes by.

``gsd_m``         distance of lines and of pixels on the ground, their geometric mean
``mtf_nyquist``   contrast at the pixels' Nyquist rate, along and across the track, geometric mean
``mtf50_cycles_per_km``  frequency at which contrast along the track falls to a half
``snr``           mean over standard deviation of a pixel that looks at reflectance 0.1
``smear_px``      how far the ground moves during an exposure, in ground samples
"""

from __future__ import annotations

from math import sqrt

import torch

from sim.parts.metrics import first_below
from sim.satellite.imager import Exposure, PushBroom

_SCENE = 0.1
_GRID = 200


def figures(path: PushBroom, exposure: Exposure, read_noise_e: float) -> dict[str, float]:
    """Compute them all, for unbinned pixels; see the module."""
    one = path.telescope
    nyquist = 1 / (2 * one.ground_m)
    frequencies = torch.linspace(0, 2 * nyquist, _GRID + 1, dtype=torch.float64)
    zero = torch.zeros(1, dtype=torch.float64)
    along, ground, air = path.system(exposure, frequencies, zero)
    across, _, _ = path.system(exposure, zero, frequencies)
    share = (ground / ground.sum())[:, None]
    by_track = (along[:, :, 0] * share).sum(dim=0).abs().numpy()
    by_pixel = (across[:, 0, :] * share).sum(dim=0).abs().numpy()
    mtf50 = first_below(0.5, frequencies.numpy(), by_track)
    time_s = float(exposure.time_s)
    dark = one.dark_e_per_s * time_s
    signal_e = _SCENE * float(ground.sum()) * time_s
    mean_e = signal_e + float(air.sum()) * time_s + dark
    line_m = one.speed_m_s / float(exposure.lines_per_s)
    return {
        "gsd_m": sqrt(line_m * one.ground_m),
        "mtf_nyquist": sqrt(float(by_track[_GRID // 2]) * float(by_pixel[_GRID // 2])),
        "mtf50_cycles_per_km": 1e3 * mtf50,
        "snr": signal_e / sqrt(mean_e + read_noise_e**2),
        "smear_px": one.speed_m_s * time_s / one.ground_m,
    }
