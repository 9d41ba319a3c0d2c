"""The camera: an areaDetector driver, and the image plugin that holds its pixels.

One frame at a time: ``Acquire`` is written, and the plugin's image has another number when the
pixels are there; see `images`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from drivers.epics.described import PVA
from drivers.epics.images import ArrayPlugin, PvaPlugin
from drivers.epics.routed import RoutedChannels
from drivers.epics.tables import DetectorTable, VariableTable
from drivers.epics.variables import VariablesDevice
from drivers.errors import (
    CaptureCancelled,
    DeviceFault,
    FrameTimeout,
    NotReached,
    SettleTimeout,
    UnknownSetting,
    ValueRefused,
)
from drivers.frame import Frame, FrameMeta
from drivers.protocol import Setting
from drivers.types import Value
from drivers.values import check_allowed

_POLL_S = 0.002


def detector_names(table: DetectorTable) -> dict[str, str]:
    """Names of the process variables that are asked, by what they are."""
    cam, image = table.prefix + table.cam, table.prefix + (table.pva or table.image)
    names = {
        "exposure": f"{cam}AcquireTime",
        "exposure_read": f"{cam}AcquireTime_RBV",
        "acquire": f"{cam}Acquire",
        "mode": f"{cam}ImageMode",
        "callbacks": f"{cam}ArrayCallbacks",
        "enable": f"{image}EnableCallbacks",
    }
    if table.pva is not None:
        return names | {"image": f"{PVA}{image.removeprefix(PVA)}Image"}
    return names | {
        "id": f"{image}UniqueId_RBV",
        "width": f"{image}ArraySize0_RBV",
        "height": f"{image}ArraySize1_RBV",
        "depth": f"{image}ArraySize2_RBV",
        "type": f"{image}DataType_RBV",
        "pixels": f"{image}ArrayData",
    }


class AreaDetector:
    """A camera behind areaDetector, with its exposure time; single frames are asked for.

    Parameters
    ----------
    table
        What the rig file says.
    channels
        Connected.
    clock
        Monotonic seconds.

    Raises
    ------
    DriverError
    """

    def __init__(
        self,
        table: DetectorTable,
        channels: RoutedChannels,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label, self._channels, self._clock = table.label, channels, clock
        self._pvs = detector_names(table)
        self._saturation = (1 << table.bit_depth) - 1
        self._cancelled = threading.Event()
        plugin = PvaPlugin if table.pva is not None else ArrayPlugin
        self._images = plugin(table.label, channels, self._pvs)
        exposure = VariableTable(
            name="exposure_s",
            pv=self._pvs["exposure"],
            readback=self._pvs["exposure_read"],
            low=table.exposure_low_ms / 1e3,
            high=table.exposure_high_ms / 1e3,
            role="exposure",
        )
        self._exposure = VariablesDevice(table.label, (exposure,), channels, clock)
        (inner,) = self._exposure.describe()
        assert inner.low is not None
        assert inner.high is not None
        self._inner = inner.name
        self._setting = Setting(
            f"{table.label}.exposure_ms",
            "float",
            "ms",
            inner.low * 1e3,
            inner.high * 1e3,
            role="exposure",
            tolerance=max(inner.tolerance * 1e3, 1e-6),
        )
        for name, value in (("mode", 0), ("callbacks", 1), ("enable", 1)):
            channels.write(self._pvs[name], value, lambda: None)

    @property
    def label(self) -> str:
        """The camera's name."""
        return self._label

    def describe(self) -> tuple[Setting, ...]:
        """Its exposure time."""
        return (self._setting,)

    def read(self, setting: str) -> Value:
        """Ask the camera.

        Raises
        ------
        UnknownSetting, DeviceFault, DeviceLost
        """
        self._require(setting)
        return float(self._exposure.read(self._inner)) * 1e3

    def start(self, values: Mapping[str, Value]) -> None:
        """Check the exposure time, and write it.

        Raises
        ------
        UnknownSetting, ValueRefused, DeviceFault, DeviceLost
        """
        sent = {}
        for name, value in values.items():
            self._require(name)
            check_allowed(self._setting, value)
            sent[self._inner] = float(value) / 1e3
        try:
            self._exposure.start(sent)
        except ValueRefused as error:  # what the record says by now, in seconds
            (asked,) = values.values()
            raise ValueRefused(self._setting.name, asked, error.allowed) from error

    def settle(self, timeout_s: float) -> None:
        """Wait until the exposure time reads so.

        Raises
        ------
        SettleTimeout, NotReached, DeviceFault, DeviceLost
        """
        try:
            self._exposure.settle(timeout_s)
        except (SettleTimeout, NotReached) as error:
            said = [x if isinstance(x, str) else float(x) * 1e3 for x in _told(error)]  # type: ignore[arg-type]
            name = self._setting.name
            if isinstance(error, SettleTimeout):
                raise SettleTimeout(name, said[0], said[1], timeout_s, "ms") from error
            raise NotReached(name, said[0], said[1], "ms") from error

    def stop(self) -> None:
        """Nothing of it moves. Any thread; never raises."""
        self._exposure.stop()

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        """Yield n frames, each exposed when it is asked for.

        Raises
        ------
        ValueError
            For n < 1.
        FrameTimeout, CaptureCancelled, DeviceFault, DeviceLost
        """
        if n < 1:
            raise ValueError(f"a capture has at least one frame, not {n}")
        self._cancelled.clear()
        return self._frames(n, timeout_s)

    def cancel(self) -> None:
        """End a running ``capture``. Any thread; never raises."""
        self._cancelled.set()
        self._channels.write_soon(self._pvs["acquire"], 0)

    def _frames(self, n: int, timeout_s: float) -> Iterator[Frame]:
        for index in range(n):
            if self._cancelled.is_set():
                raise CaptureCancelled(self._label)
            exposure_ms = float(self.read(self._setting.name))
            before = self._images.newest()
            self._channels.write(self._pvs["acquire"], 1, lambda: None)
            self._wait(before, exposure_ms / 1e3 + timeout_s, index, timeout_s)
            pixels = self._images.pixels()
            if int(pixels.max()) > self._saturation:
                problem = f"a pixel is at {int(pixels.max())}, above bit_depth's {self._saturation}"
                raise DeviceFault(self._label, "capture", problem)
            meta = FrameMeta(self._label, index, datetime.now(UTC), exposure_ms, self._saturation)
            yield Frame(pixels, meta)

    def _wait(self, before: Value, allowed_s: float, index: int, timeout_s: float) -> None:
        until = self._clock() + allowed_s
        while self._images.newest() == before:
            self._channels.require(self._pvs["acquire"])
            if self._cancelled.wait(_POLL_S):
                raise CaptureCancelled(self._label)
            if self._clock() > until:
                self._channels.write_soon(self._pvs["acquire"], 0)
                raise FrameTimeout(self._label, index, timeout_s)

    def _require(self, name: str) -> None:
        if name != self._setting.name:
            raise UnknownSetting(name, (self._setting.name,))


def _told(error: SettleTimeout | NotReached) -> tuple[object, object]:
    last = error.last_seen if isinstance(error, SettleTimeout) else error.read_back
    return error.requested, last
