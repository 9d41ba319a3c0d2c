"""Devices none of whose calls is waited for without end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from drivers.frame import Frame
from drivers.protocol import BoundsTogether, Camera, Device, Identified, Setting
from drivers.types import Value
from hil.rig.calls.driver_calls import DriverCalls


class TimedDevice:
    """A device whose calls run on its driver's thread, each with a deadline.

    Parameters
    ----------
    device
        The driver's.
    calls
        The way into the driver.
    call_s
        How long a call may take that is to return at once, seconds; any other so much longer than
        its own time-out.
    """

    def __init__(self, device: Device, calls: DriverCalls, call_s: float) -> None:
        self._device = device
        self._calls = calls
        self._call_s = call_s
        self.label = device.label
        self._settings: tuple[Setting, ...] | None = None

    def describe(self) -> tuple[Setting, ...]:
        """All settings.

        Raises
        ------
        DriverError
        """
        if self._settings is None:  # it is asked once; it may hang by the next time
            self._settings = self._calls.run(
                self.label, "describe", self._device.describe, self._call_s
            )
        return self._settings

    def identity(self) -> Mapping[str, str]:
        """Who the device is; empty where it does not say.

        Raises
        ------
        DriverError
        """
        if not isinstance(self._device, Identified):
            return {}
        return self._calls.run(self.label, "identity", self._device.identity, self._call_s)

    def bounds_together(self) -> tuple[BoundsTogether, ...]:
        """Bounds that settings have together; none where the device knows of none.

        Raises
        ------
        DriverError
        """
        told: Any = getattr(self._device, "bounds_together", None)
        if told is None:
            return ()
        found = self._calls.run(self.label, "bounds_together", told, self._call_s)
        return tuple(found)

    def read(self, setting: str) -> Value:
        """Ask the device.

        Raises
        ------
        DriverError
        """
        return self._calls.run_brief(
            self.label, f"read {setting}", lambda: self._device.read(setting), self._call_s
        )

    def read_all(self, settings: Sequence[str]) -> dict[str, Value]:
        """Ask the device for several settings in one go, each with a call's time.

        Raises
        ------
        DriverError
        """
        read = self._device.read
        steps = [(f"read {name}", partial(read, name)) for name in settings]
        found = self._calls.run_each(self.label, steps, self._call_s)
        return dict(zip(settings, found, strict=True))

    def start(self, values: Mapping[str, Value]) -> None:
        """Begin to apply values.

        Raises
        ------
        DriverError
        """
        action = f"set {', '.join(values)}"
        self._calls.run_brief(self.label, action, lambda: self._device.start(values), self._call_s)

    def settle(self, timeout_s: float) -> None:
        """Wait for the device to come to rest.

        Raises
        ------
        DriverError
        """
        self._calls.run_brief(
            self.label,
            "settle",
            lambda: self._device.settle(timeout_s),
            timeout_s + self._call_s,
        )

    def stop(self) -> None:
        """Stop any motion, on the thread that calls; see `hil.rig.calls.halting`."""
        self._device.stop()

    def __getattr__(self, name: str) -> object:
        return getattr(self._device, name)


class TimedCamera(TimedDevice):
    """The same for a camera: a frame may take its exposure, and its time-out, and a call's time."""

    def __init__(self, device: Camera, calls: DriverCalls, call_s: float) -> None:
        super().__init__(device, calls, call_s)
        self._camera = device
        self._exposures_ms: dict[str, float | None] = {}

    def describe(self) -> tuple[Setting, ...]:
        """All settings.

        Raises
        ------
        DriverError
        """
        settings = super().describe()
        for setting in settings:
            if setting.role == "exposure" and setting.unit == "ms":
                self._exposures_ms.setdefault(setting.name, None)
        return settings

    def read(self, setting: str) -> Value:
        """Ask the device.

        Raises
        ------
        DriverError
        """
        value = super().read(setting)
        self._note({setting: value})
        return value

    def start(self, values: Mapping[str, Value]) -> None:
        """Begin to apply values.

        Raises
        ------
        DriverError
        """
        super().start(values)
        self._note(values)

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        """Take frames.

        Raises
        ------
        DriverError
        """
        exposure_s = self._exposure_s()
        # Not a generator: a cancel between this call and the first frame must not be lost.
        frames = self._calls.run(
            self.label,
            "capture",
            lambda: iter(self._camera.capture(n, timeout_s)),
            n * exposure_s + timeout_s + self._call_s,
        )
        return self._timed(frames, n, exposure_s, timeout_s + self._call_s)

    def capture_states(
        self, states: Sequence[Mapping[str, Value]], timeout_s: float
    ) -> Iterator[Frame]:
        """Take a frame at each state; only of a camera that is `drivers.sequence.Triggered`.

        Raises
        ------
        DriverError
        """
        camera: Any = self._camera
        names = [name for name in self._exposures_ms if name in states[0]]
        longest = max((float(state[name]) for state in states for name in names), default=0.0)
        exposure_s, n = max(self._exposure_s(), longest / 1000), len(states)
        frames = self._calls.run(
            self.label,
            "capture",
            lambda: iter(camera.capture_states(states, timeout_s)),
            n * exposure_s + timeout_s + self._call_s,
        )
        return self._timed(frames, n, exposure_s, timeout_s + self._call_s)

    def cancel(self) -> None:
        """Make a running ``capture`` end soon, on the calling thread."""
        self._camera.cancel()

    def _timed(
        self, frames: Iterator[Frame], n: int, exposure_s: float, allowance_s: float
    ) -> Iterator[Frame]:
        left = n
        while left >= 0:  # one too many tells of it; there may be no end of them
            # Some cameras give all frames once the last has been taken.
            deadline_s = max(left, 1) * exposure_s + allowance_s
            frame = self._calls.run_brief(
                self.label, "capture", lambda: next(frames, None), deadline_s
            )
            if frame is None:
                return
            left -= 1
            yield frame

    def _exposure_s(self) -> float:
        for name, known in self._exposures_ms.items():
            if known is None:
                self.read(name)
        return max((ms or 0.0 for ms in self._exposures_ms.values()), default=0.0) / 1000

    def _note(self, values: Mapping[str, Value]) -> None:
        for name in self._exposures_ms.keys() & values.keys():
            value = values[name]
            if not isinstance(value, str) and 0 <= value < float("inf"):
                self._exposures_ms[name] = float(value)


def timed(device: Device, calls: DriverCalls, call_s: float) -> Device:
    """Wrap a driver's device."""
    if isinstance(device, Camera):
        return TimedCamera(device, calls, call_s)
    return TimedDevice(device, calls, call_s)
