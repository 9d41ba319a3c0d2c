"""Any driver, with faults on purpose: for tests, benchmarks, and a rehearsal of the night.

::

    [[driver]]
    kind = "faulty"
    seed = 1
    around = { kind = "sim.microscope", seed = 3 }

    [[driver.fault]]
    fault = "dark"                  # of frames, of read-backs, or of calls
    rate = 0.05                     # of the calls that it can strike, by the seed

    [[driver.fault]]
    fault = "os_error"
    call = "settle"
    device = "mirror"
    at = [3, 7]                     # the third and the seventh such call

`sim.fault_script` says which calls are struck; here are the drivers that it strikes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drivers.errors import ConfigError
from drivers.frame import Frame
from drivers.protocol import Camera, Connection, Device, DriverKind, Identified, Setting
from drivers.types import Value
from sim.fault_script import Fault, FaultScript
from sim.frame_faults import FRAME_FAULTS, dark


class FaultyOptions(BaseModel):
    """What the ``[[driver]]`` table may say.

    Parameters
    ----------
    around
        The wrapped driver: its ``kind`` and its options.
    seed
        Of everything random.
    fault
        The faults.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    around: Mapping[str, Any]
    seed: Annotated[int, Field(ge=0, strict=True)] = 0
    fault: tuple[Fault, ...] = ()
    inner: Any = None


class FaultyDevice:
    """A device with faults; see `drivers.protocol.Device`.

    Parameters
    ----------
    device
        The one that is wrapped.
    script
        What goes wrong.
    """

    def __init__(self, device: Device, script: FaultScript) -> None:
        self._device = device
        self._script = script
        self._ignored = False
        self._late: dict[str, tuple[Value, int]] = {}

    @property
    def label(self) -> str:
        """The wrapped device's."""
        return self._device.label

    def describe(self) -> tuple[Setting, ...]:
        """Describe the wrapped device."""
        return self._device.describe()

    def identity(self) -> Mapping[str, str]:
        """Tell the wrapped device's identity, where it has one."""
        return self._device.identity() if isinstance(self._device, Identified) else {}

    def read(self, setting: str) -> Value:
        """Read, or make it up."""
        fault = self._script.call("read", self.label, (setting,))
        value = self._device.read(setting)
        if fault is None:
            return self._as_late(setting, value)
        if fault.fault == "read_text" or isinstance(value, str):
            return "?"
        return math.nan if fault.fault == "read_nan" else value + fault.amount

    def start(self, values: Mapping[str, Value]) -> None:
        """Start, or say so and do nothing."""
        fault = self._script.call("start", self.label, tuple(values))
        self._ignored = fault is not None and fault.fault == "ignored"
        self._late.clear()
        if fault is not None and fault.fault == "read_late":
            self._late = {name: (self._device.read(name), fault.reads) for name in values}
        if not self._ignored:
            self._device.start(values)

    def _as_late(self, setting: str, value: Value) -> Value:
        if setting not in self._late:
            return value
        before, left = self._late.pop(setting)
        if left > 1:
            self._late[setting] = before, left - 1
        return before

    def settle(self, timeout_s: float) -> None:
        """Settle; a command that was ignored is at rest at once."""
        self._script.call("settle", self.label)
        if not self._ignored:
            self._device.settle(timeout_s)

    def stop(self) -> None:
        """Stop the wrapped device."""
        self._script.call("stop", self.label)
        self._device.stop()


class FaultyCamera(FaultyDevice):
    """A camera with faults; see `drivers.protocol.Camera`."""

    def __init__(self, device: Camera, script: FaultScript) -> None:
        super().__init__(device, script)
        self._camera = device
        self._first: dict[tuple[int, ...], list[Frame]] = {}

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        """Take frames, and spoil them where a fault strikes."""
        fault = self._script.call("capture", self.label)
        frames = self._camera.capture(n, timeout_s)
        return self._spoilt(frames, fault)

    def cancel(self) -> None:
        """End a running ``capture``."""
        self._camera.cancel()

    def _spoilt(self, frames: Iterator[Frame], fault: Fault | None) -> Iterator[Frame]:
        taken = list(frames)
        first = self._first.setdefault(taken[0].pixels.shape, taken)
        if fault is None:
            yield from taken
        elif fault.fault == "dark":
            yield from dark(taken, fault.dark_adu, self._script.rng)
        else:
            yield from FRAME_FAULTS[fault.fault](taken, first)


class FaultyConnection:
    """An open driver with faults; see `drivers.protocol.Connection`.

    Attributes
    ----------
    script
        What went wrong so far.
    """

    def __init__(self, connection: Connection, options: FaultyOptions) -> None:
        self._connection = connection
        self.device_s: Callable[[], float] | None = getattr(connection, "device_s", None)
        clock = self.device_s or time.monotonic
        opened_s = clock()
        self.script = FaultScript(options.fault, options.seed, lambda: clock() - opened_s)
        self.devices: Mapping[str, Device] = MappingProxyType(
            {label: self._wrapped(device) for label, device in connection.devices.items()}
        )

    def _wrapped(self, device: Device) -> Device:
        if isinstance(device, Camera):
            return FaultyCamera(device, self.script)
        return FaultyDevice(device, self.script)

    @property
    def versions(self) -> Mapping[str, str]:
        """The wrapped driver's."""
        return self._connection.versions

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the driver around which they are offers in part or not at all."""
        return tuple(getattr(self._connection, "warnings", ()))

    @property
    def truth(self) -> Any:
        """What a wrapped simulation hides."""
        return getattr(self._connection, "truth", None)

    def close(self) -> None:
        """Close the wrapped driver, whatever strikes."""
        try:
            self.script.call("close", "driver")
        finally:
            self._connection.close()


class FaultyKind:
    """How a driver is opened with faults; see `drivers.protocol.DriverKind`.

    Parameters
    ----------
    find
        Gives a kind of driver by its registered name; raises KeyError with what is allowed.
    """

    def __init__(self, find: Callable[[str], DriverKind]) -> None:
        self._find = find

    def options(self, table: Mapping[str, Any], folder: Path) -> FaultyOptions:
        """Check a ``[[driver]]`` table, and that of the wrapped driver.

        Raises
        ------
        pydantic.ValidationError, drivers.errors.ConfigError
        """
        if "inner" in table:
            raise ConfigError("inner", "no such key")
        options = FaultyOptions.model_validate(dict(table))
        try:
            kind = self._find(str(options.around.get("kind", "")))
        except KeyError as error:
            raise ConfigError("around.kind", str(error.args[0])) from None
        rest = {key: value for key, value in options.around.items() if key != "kind"}
        try:
            inner = kind.options(rest, folder)
        except ConfigError as error:
            raise ConfigError(f"around.{error.key}".rstrip("."), error.problem) from None
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in ("around", *first["loc"]))
            raise ConfigError(key, first["msg"]) from None
        return options.model_copy(update={"inner": inner})

    def resources(self, options: FaultyOptions) -> tuple[str, ...]:
        """Name the wrapped driver's resources: the hardware is the same."""
        return self._find(options.around["kind"]).resources(options.inner)

    def open(self, options: FaultyOptions) -> FaultyConnection:
        """Connect, with the faults of ``open``.

        Raises
        ------
        DriverError, or what a fault of ``open`` says
        """
        FaultScript(options.fault, options.seed, lambda: 0.0).call("open", "driver")
        return FaultyConnection(self._find(options.around["kind"]).open(options.inner), options)
