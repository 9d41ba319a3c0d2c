"""The region that a Micro-Manager camera reads out, px.

Cameras differ in what they do with a region outside the sensor; the demo camera takes it, and a
negative corner too. The core does not know the sensor's size, so it is measured once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from drivers.errors import DeviceFault, ValueRefused
from drivers.micromanager.core import Core
from drivers.protocol import Setting
from drivers.types import Value

_FIELDS = ("region_x_px", "region_y_px", "region_width_px", "region_height_px")


class RegionPart:
    """Corner and size of the read-out, in pixels as they are binned.

    Parameters
    ----------
    core, label
        The camera. Its region is reset for a moment, to see how large the sensor is.

    Raises
    ------
    DeviceFault
        The camera has no region, or no pixels: one that is made of others and has none yet.
    """

    def __init__(self, core: Core, label: str) -> None:
        self._core = core
        self._label = label
        with core.words(label, "measuring the sensor"):
            before = tuple(core.getROI(label))
            core.setCameraDevice(label)
            core.clearROI()
            full = core.getROI(label)
            if tuple(full) != before:
                core.setROI(label, *before)
        binning = self._binning()
        self.sensor_px = (full[2] * binning, full[3] * binning)
        width, height = self.sensor_px
        if width < 1 or height < 1:
            raise DeviceFault(label, "measuring the sensor", f"it has {width} x {height} pixels")
        bounds = ((0, width - 1), (0, height - 1), (1, width), (1, height))
        self.settings: tuple[Setting, ...] = tuple(
            Setting(f"{label}.{field}", "int", unit="px", low=low, high=high, role="region")
            for field, (low, high) in zip(_FIELDS, bounds, strict=True)
        )

    def check(self, values: Mapping[str, Value]) -> None:
        """Check that corner and size together lie on the sensor, at the binning to come."""
        binning = self._binning()
        new_binning = _leading_int(values.get(f"{self._label}.Binning", binning))
        self._check(self._wanted(values, binning, new_binning), new_binning)

    def send(self, values: Mapping[str, Value]) -> None:
        """Set the region; what is not named stays."""
        binning = self._binning()
        region = self._wanted(values, binning, binning)
        self._check(region, binning)
        with self._core.words(self._label, "setting the region"):
            self._core.setROI(self._label, *region)

    def read(self, name: str) -> Value:
        """Ask the camera."""
        return self._present()[[s.name for s in self.settings].index(name)]

    def _present(self) -> tuple[int, int, int, int]:
        with self._core.words(self._label, "reading the region"):
            x, y, width, height = self._core.getROI(self._label)
        return int(x), int(y), int(width), int(height)

    def _wanted(self, values: Mapping[str, Value], binning: int, new_binning: int) -> list[int]:
        present = [edge * binning // new_binning for edge in self._present()]
        names = [setting.name for setting in self.settings]
        return [int(values.get(name, edge)) for name, edge in zip(names, present, strict=True)]

    def _check(self, region: list[int], binning: int) -> None:
        for axis, sensor_px in enumerate(self.sensor_px):
            corner, size = region[axis], region[axis + 2]
            room = sensor_px // binning
            if corner + size > room:
                raise ValueRefused(
                    self.settings[axis + 2].name,
                    size,
                    f"{_FIELDS[axis]} + {_FIELDS[axis + 2]} up to {room} px at binning {binning}",
                )

    def _binning(self) -> int:
        with self._core.words(self._label, "reading Binning"):
            if not self._core.hasProperty(self._label, "Binning"):
                return 1
            return _leading_int(self._core.getProperty(self._label, "Binning"))


def _leading_int(value: Value) -> int:
    """Binning of "2", 2 or "2x2"."""
    found = re.match(r"\d+", str(value))
    return max(1, int(found.group())) if found else 1
