"""The traditional figures of merit of a simulated rig, as read-only settings of a device.

A rig file's ``record = ["metrics.mtf50_cycles_per_um"]`` stores them with every trial, beside its
information, so that one sees where they mislead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from drivers.protocol import Setting, Value
from sim.devices import Axis, Link, SimulatedDevice
from sim.pace import Pace


class Metrics(SimulatedDevice):
    """A device that measures nothing and is asked for what the physics says.

    Parameters
    ----------
    units
        Unit of each figure by name, ``{"mtf50_cycles_per_um": "cycles/um", "snr": ""}``.
    compute
        Computes them all, finite numbers, at the present settings; draws no random number and moves
        nothing.
    pace, link, truth, label
        As for `SimulatedDevice`.
    """

    def __init__(
        self,
        units: Mapping[str, str],
        compute: Callable[[], Mapping[str, float]],
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

    def read(self, setting: str) -> Value:
        """Compute a figure.

        Raises
        ------
        UnknownSetting, DeviceLost
        """
        super().read(setting)
        return float(self._compute()[setting.removeprefix(f"{self.label}.")])
