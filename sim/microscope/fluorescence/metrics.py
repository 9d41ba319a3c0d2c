"""The figures of merit that a microscopist goes by, in fluorescence, for the present settings.

``mtf50_cycles_per_um``   frequency at which the contrast of optics and pixel, averaged over
                          directions, first falls to a half
``cutoff_cycles_per_um``  finest detail that leaves a trace: 2 NA / lambda, or the pixels' Nyquist
                          rate (binned), whichever is lower; no aberration changes it
``strehl``                light on the axis over that of a perfect wavefront
``contrast``              standard deviation over mean of the noise-free image
``mean_electrons``        of a pixel
``snr``                   mean over standard deviation of the noise of a pixel at that light
``dose_uj``               light of one exposure at the sample
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sim.microscope.fluorescence.imager import FluorescenceImager, FluorescenceSettings
from sim.parts.metrics import first_below, light_figures, radial_contrast
from sim.parts.sensor import SensorSpec

_SIDE = 128  # of the grid on which contrast is averaged, samples


def figures(
    imager: FluorescenceImager,
    settings: FluorescenceSettings,
    binning: int,
    electrons: NDArray[np.float32],
    sensor: SensorSpec,
) -> dict[str, float]:
    """Compute them all; see the module.

    Parameters
    ----------
    imager, settings
        Optics and light.
    binning
        Pixels that are summed along each axis; contrast and light are those of single pixels.
    electrons
        (height, width) noise-free frame.
    sensor
        The camera's data sheet.
    """
    one = imager.instrument
    side = _SIDE + 2 * imager.guard(settings)
    with torch.no_grad():
        transfer = imager.formation.transfer(
            (side, side), imager.residual_nm(settings), settings.z_um
        )
    frequency, contrast = radial_contrast(transfer, one.pitch_um)
    return {
        "mtf50_cycles_per_um": first_below(0.5, frequency, contrast),
        "cutoff_cycles_per_um": min(one.objective.cutoff_per_um, 0.5 / (binning * one.pixel_um)),
        "strehl": imager.strehl(settings),
        **light_figures(electrons, sensor),
        "dose_uj": float(settings.dose_uj),
    }
