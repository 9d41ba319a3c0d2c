"""The traditional figures of merit of a simulated rig, as read-only settings of a device.

A rig file's ``record = ["metrics.mtf50_cycles_per_um"]`` stores them with every trial, beside its
information, so that one sees where they mislead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.protocol import Setting
from drivers.types import Value
from sim.parts.devices import Axis, Link, SimulatedDevice
from sim.parts.rig import present_settings
from sim.parts.sensor import SensorSpec
from sim.parts.simulated_clock import Pace

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    import torch


class Metrics(SimulatedDevice):
    """A device that measures nothing and is asked for what the physics says.

    Parameters
    ----------
    units
        Unit of each figure by name, ``{"mtf50_cycles_per_um": "cycles/um", "snr": ""}``.
    compute
        Computes them all, finite numbers, from all settings of `devices`; draws no random number
        and moves nothing.
    devices
        Whose settings count; read when a figure is asked for.
    pace, link, truth, label
        As for `SimulatedDevice`.
    """

    def __init__(
        self,
        units: Mapping[str, str],
        compute: Callable[[Mapping[str, Value]], Mapping[str, float]],
        devices: Sequence[SimulatedDevice],
        pace: Pace,
        link: Link,
        truth: object = None,
        label: str = "metrics",
    ) -> None:
        axes = (
            Axis(Setting(f"{label}.{name}", "float", unit, read_only=True), 0.0)
            for name, unit in units.items()
        )
        super().__init__(label, axes, pace, link, truth)
        self._compute = compute
        self._devices = devices

    def read(self, setting: str) -> Value:
        """Compute a figure.

        Raises
        ------
        UnknownSetting, DeviceLost
        """
        super().read(setting)
        figures = self._compute(present_settings(self._devices))
        return float(figures[setting.removeprefix(f"{self.label}.")])


def light_figures(electrons: NDArray[np.float32], sensor: SensorSpec) -> dict[str, float]:
    """Compute ``contrast``, ``mean_electrons`` and ``snr`` of a noise-free frame.

    Contrast is standard deviation over mean; the signal-to-noise ratio is that of a pixel at the
    mean. All are 0 in the dark.

    Parameters
    ----------
    electrons
        (height, width).
    sensor
        The camera's data sheet.
    """
    mean = float(electrons.mean(dtype=np.float64))
    return {
        "contrast": float(electrons.std(dtype=np.float64)) / mean if mean else 0.0,
        "mean_electrons": mean,
        "snr": mean / sqrt(mean + sensor.read_noise_e**2) if mean else 0.0,
    }


def radial_contrast(
    transfer: torch.Tensor, step_um: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average the contrast |H| over directions.

    Parameters
    ----------
    transfer
        (n, n // 2 + 1), transfer function of an image of n x n samples.
    step_um
        Distance of samples.

    Returns
    -------
    frequency, contrast
        (n // 2,) each; cycles per um, and the mean of |H| on rings one frequency step wide.
    """
    magnitude = np.abs(transfer.detach().cpu().numpy()).astype(np.float64)
    side = magnitude.shape[0]
    ky, kx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]
    ring = np.rint(np.hypot(ky, kx) * side).astype(np.intp).ravel()
    rings = np.bincount(ring, magnitude.ravel()) / np.bincount(ring)
    used = rings[: side // 2]
    return np.arange(used.size) / (side * step_um), used


def first_below(
    level: float, frequency: NDArray[np.float64], contrast: NDArray[np.float64]
) -> float:
    """Find where contrast first falls below a level, between its samples linearly.

    Parameters
    ----------
    level
        Below the contrast at frequency 0, which is 1.
    frequency, contrast
        (n,) each, frequencies rising.

    Returns
    -------
    float
        A frequency; the last one, where the contrast never falls so far.
    """
    below = np.flatnonzero(contrast < level)
    if not below.size:
        return float(frequency[-1])
    last = int(below[0])
    return float(np.interp(level, contrast[[last, last - 1]], frequency[[last, last - 1]]))
