"""The figures of merit that a microscopist goes by, for light, optics and field as they are set.

``cutoff_cycles_per_um``  finest detail that leaves a trace: (NA + NA of the light) / lambda, where
                          light beyond the objective's NA counts in darkfield alone
``contrast``              standard deviation over mean of the noise-free image
``mean_electrons``        of a pixel
``snr``                   mean over standard deviation of the noise of a pixel at that light
``phase_transfer_peak``   largest contrast that a weak phase object of 1 radian can have, over all
                          its spatial frequencies: the peak of H in
                          `sim.microscope.led_array.transfer`
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.microscope.led_array.imager import LedImager, LedSettings
from sim.microscope.led_array.transfer import weak_transfer
from sim.microscope.stand.mirror import MODES
from sim.parts.metrics import light_figures
from sim.parts.sensor import SensorSpec

_FREQUENCIES = 16  # from 0 to the cut-off, along each axis


def figures(
    imager: LedImager,
    settings: LedSettings,
    electrons: NDArray[np.float32],
    sensor: SensorSpec,
) -> dict[str, float]:
    """Compute them all; see the module.

    Parameters
    ----------
    imager, settings
        Optics and light.
    electrons
        (height, width) noise-free frame.
    sensor
        The camera's data sheet.
    """
    wavelength_nm = float(settings.wavelength_nm)
    objective = replace(imager.instrument.objective, wavelength_nm=wavelength_nm)
    optics = imager.optics(settings)
    na, widest = objective.numerical_aperture, float(imager.lit(settings).hi)
    light = widest if settings.pattern == "darkfield" else min(widest, na)
    cutoff = 1e3 * (na + light) / wavelength_nm
    seen = light_figures(electrons, sensor)
    edge = np.linspace(-1, 1, 2 * _FREQUENCIES + 1) * objective.cutoff_per_um
    fy, fx = np.meshgrid(edge[_FREQUENCIES:], edge, indexing="ij")  # the other half is conjugate
    _, phase = weak_transfer(
        objective,
        MODES,
        optics.modes_nm.tolist(),
        float(settings.z_um),
        optics.directions.numpy(),
        np.stack([fy.ravel(), fx.ravel()], axis=1),
    )
    return {
        "cutoff_cycles_per_um": cutoff if seen["mean_electrons"] else 0.0,
        **seen,
        "phase_transfer_peak": float(np.abs(phase).max()),
    }
