"""Errors of a driver that are none of ours: told as faults of the device that raised them.

A vendor's library raises what it likes: OSError, TimeoutError, RuntimeError. To the rig each is a
`drivers.errors.DeviceFault` that names the device and the call, so that it fails one trial.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from drivers.errors import DeviceFault, DriverError
from drivers.frame import Frame
from drivers.protocol import BoundsTogether, Camera, Device, Identified, Setting
from drivers.types import Value
from hil.rig.calls.descriptions import bounds_problem, description_problem
from hil.rig.calls.foreign_frames import ForeignFrames, plain, shown

_LONGEST = 2000


@contextmanager
def as_driver_errors(device: str, action: str) -> Iterator[None]:
    """Turn any exception that is no `DriverError` into one.

    Parameters
    ----------
    device, action
        Whose it is, and what it was asked to do.

    Raises
    ------
    DriverError
    """
    try:
        yield
    except DriverError as error:
        if not _has_words(error):
            raise DeviceFault(device, action, in_words(error)) from error
        raise
    except Exception as error:
        raise DeviceFault(device, action, in_words(error)) from error


def in_words(error: BaseException) -> str:
    """Say in a line what an error is, and what it says, if it does; no more than a person reads."""
    name = type(error).__name__
    if not _has_words(error):
        return f"{name}, which cannot be put into words"
    words = " ".join(str(error).split())
    if not words:
        return name
    return f"{name}: {words}" if len(words) <= _LONGEST else f"{name}: {words[:_LONGEST]} ..."


def _has_words(error: BaseException) -> bool:
    try:
        str(error)
    except Exception:
        return False
    return True


def _is_number(value: Value) -> bool:
    if isinstance(value, str):
        return False
    try:
        float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return False
    return True


class OurErrors:
    """A device whose calls raise `DriverError` alone; otherwise the same `Device`.

    Parameters
    ----------
    device
        The driver's.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self.label = device.label
        self._numbers: set[str] = set()

    def describe(self) -> tuple[Setting, ...]:
        """All settings.

        Raises
        ------
        DriverError
            Also where it describes what no setting can be.
        """
        with as_driver_errors(self.label, "describe"):
            settings = self._device.describe()
            problem = description_problem(self.label, settings)
        if problem:
            raise DeviceFault(self.label, "describe", problem)
        self._numbers = {setting.name for setting in settings if setting.kind != "choice"}
        return settings

    def identity(self) -> Mapping[str, str]:
        """Who the device is; empty where it does not say.

        Raises
        ------
        DriverError
        """
        if not isinstance(self._device, Identified):
            return {}
        with as_driver_errors(self.label, "identity"):
            return self._device.identity()

    @property
    def has_bounds_together(self) -> bool:
        """Whether the device is one whose settings act together: it says so, if of no bounds."""
        return getattr(self._device, "bounds_together", None) is not None

    def bounds_together(self) -> tuple[BoundsTogether, ...]:
        """Bounds that settings have together; none where the device knows of none.

        Raises
        ------
        DriverError
            Also where they are none.
        """
        if not self.has_bounds_together:
            return ()
        device: Any = self._device
        with as_driver_errors(self.label, "bounds_together"):
            bounds = device.bounds_together()
            problem = bounds_problem(self.label, self._numbers, bounds)
        if problem:
            raise DeviceFault(self.label, "bounds_together", problem)
        return tuple(bounds)

    def read(self, setting: str) -> Value:
        """Ask the device.

        Raises
        ------
        DriverError
        """
        with as_driver_errors(self.label, f"read {setting}"):
            value: Value = plain(self._device.read(setting))
        if not isinstance(value, str | float | int) or isinstance(value, bool):
            raise self._no(setting, value, "value")
        if setting in self._numbers and not _is_number(value):
            raise self._no(setting, value, "number")
        return value

    def _no(self, setting: str, value: object, what: str) -> DeviceFault:
        return DeviceFault(self.label, f"read {setting}", f"{shown(value)} is no {what}")

    def start(self, values: Mapping[str, Value]) -> None:
        """Begin to apply values.

        Raises
        ------
        DriverError
        """
        with as_driver_errors(self.label, f"set {', '.join(values)}"):
            self._device.start(values)

    def settle(self, timeout_s: float) -> None:
        """Wait for the device to come to rest.

        Raises
        ------
        DriverError
        """
        with as_driver_errors(self.label, "settle"):
            self._device.settle(timeout_s)

    def stop(self) -> None:
        """Stop any motion. Any thread."""
        self._device.stop()

    def __getattr__(self, name: str) -> object:
        return getattr(self._device, name)


class OurCameraErrors(OurErrors):
    """The same for a camera."""

    def __init__(self, device: Camera) -> None:
        super().__init__(device)
        self._camera = device

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        """Take frames.

        Raises
        ------
        DriverError
        """
        # Not a generator: a cancel between this call and the first frame must not be lost.
        with as_driver_errors(self.label, "capture"):
            frames = self._camera.capture(n, timeout_s)
        return self._checked(frames)

    def cancel(self) -> None:
        """Make a running ``capture`` end soon. Any thread."""
        self._camera.cancel()

    def capture_states(
        self, states: Sequence[Mapping[str, Value]], timeout_s: float
    ) -> Iterator[Frame]:
        """Take a frame at each state; only of a camera that is `drivers.sequence.Triggered`.

        Raises
        ------
        DriverError
        """
        camera: Any = self._camera
        with as_driver_errors(self.label, "capture"):
            frames = camera.capture_states(states, timeout_s)
        return self._checked(frames)

    def _checked(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        foreign = ForeignFrames(self.label)
        with as_driver_errors(self.label, "capture"):
            for frame in frames:
                yield foreign.take(frame)


def with_our_errors(device: Device) -> Device:
    """Wrap a driver's device."""
    return OurCameraErrors(device) if isinstance(device, Camera) else OurErrors(device)
