"""``acme.lightbox``: a camera above a lamp, simulated. Written against `drivers.protocol` alone."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from drivers.errors import CaptureCancelled, DeviceLost, UnknownSetting, ValueRefused
from drivers.frame import Frame, FrameMeta
from drivers.protocol import Setting
from drivers.types import Value

SIDE_PX, OFFSET_ADU, SATURATION_ADU = 64, 100, 4095
ELECTRONS_PER_MW_MS = 20.0
POWER = Setting("lamp.power_mw", "float", "mw", 0.0, 10.0, role="light")
EXPOSURE = Setting("camera.exposure_ms", "float", "ms", 0.1, 5000.0, role="exposure")


class Lightbox(BaseModel, frozen=True, extra="forbid"):
    """Keys of the ``[[driver]]`` table."""

    seed: int = 0


class Lamp:
    """A device of one setting, which takes effect at once: there is nothing to wait for or stop."""

    def __init__(self, label: str, setting: Setting, value: float) -> None:
        self.label, self.is_open = label, True
        self._setting, self._value = setting, value

    def describe(self) -> tuple[Setting, ...]:
        """See `drivers.protocol.Device`, as for all that follows."""
        return (self._setting,)

    def read(self, setting: str) -> Value:
        self.require(setting)
        return self._value

    def start(self, values: Mapping[str, Value]) -> None:
        self.require(*values)
        for name, value in values.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            low, high = self._setting.low or 0.0, self._setting.high or math.inf
            if not number or not low <= value <= high:
                raise ValueRefused(name, value, self._setting.allowed())
        self._value = float(values.get(self._setting.name, self._value))

    def settle(self, timeout_s: float) -> None:
        self.require()

    def stop(self) -> None:
        pass

    def require(self, *settings: str) -> None:
        if not self.is_open:
            raise DeviceLost(self.label, "the connection is closed")
        for name in settings:
            if name != self._setting.name:
                raise UnknownSetting(name, (self._setting.name,))


class LightboxCamera(Lamp):
    """The camera: its one setting is the exposure."""

    def __init__(self, lamp: Lamp, seed: int) -> None:
        super().__init__("camera", EXPOSURE, 10.0)
        self._lamp, self._cancelled = lamp, threading.Event()
        self._rng = np.random.default_rng(seed)
        self._scene = self._rng.gamma(4.0, 0.25, (SIDE_PX, SIDE_PX))

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        self.require()
        self._cancelled.clear()
        for index in range(n):
            if self._cancelled.wait(self._value / 1000):
                raise CaptureCancelled(self.label)
            electrons = (
                ELECTRONS_PER_MW_MS * self._lamp.read(POWER.name) * self._value * self._scene
            )
            counts = OFFSET_ADU + self._rng.normal(self._rng.poisson(electrons), 2.0)
            pixels = np.clip(np.rint(counts), 0, SATURATION_ADU).astype(np.uint16)
            now = datetime.now(UTC)
            yield Frame(pixels, FrameMeta(self.label, index, now, self._value, SATURATION_ADU))

    def cancel(self) -> None:
        self._cancelled.set()


class Connection:
    """The open light box."""

    versions: Mapping[str, str] = {"acme-hil": "0.1.0"}

    def __init__(self, options: Lightbox) -> None:
        lamp = Lamp("lamp", POWER, 1.0)
        self.devices = {"lamp": lamp, "camera": LightboxCamera(lamp, options.seed)}

    def close(self) -> None:
        for device in self.devices.values():
            device.is_open = False


class Kind:
    """See `drivers.protocol.DriverKind`."""

    def options(self, table: Mapping[str, Any], folder: Path) -> Lightbox:
        return Lightbox.model_validate(dict(table))

    def resources(self, options: Lightbox) -> tuple[str, ...]:
        return ()

    def open(self, options: Lightbox) -> Connection:
        return Connection(options)


KIND = Kind()
