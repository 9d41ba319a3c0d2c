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

A fault strikes one call: all frames of one ``capture``, one ``read`` of one setting, one command.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from drivers.errors import ConfigError, DeviceFault, DeviceLost
from drivers.frame import Frame
from drivers.protocol import Camera, Connection, Device, DriverKind, Identified, Setting
from drivers.types import Value
from sim.frame_faults import FRAME_FAULTS, dark

Call = Literal["open", "start", "settle", "read", "capture", "stop", "close"]
FrameFaultName = Literal[
    "dark",
    "saturated",
    "frozen",
    "duplicated",
    "identical_rows",
    "cropped",
    "byte_swapped",
    "not_integers",
    "nan",
    "bit_depth",
    "shape_changes",
    "frame_missing",
    "exposure_negative",
    "exposure_nan",
    "exposure_doubled",
]
ReadFaultName = Literal["read_nan", "read_off", "read_text"]
CommandFaultName = Literal["ignored", "read_late"]
CallFaultName = Literal[
    "os_error",
    "timeout_error",
    "runtime_error",
    "value_error",
    "memory_error",
    "keyboard_interrupt",
    "system_exit",
    "device_fault",
    "lost",
    "hang",
]
_READ_FAULTS = ("read_nan", "read_off", "read_text")
_ERRORS: Mapping[str, Callable[[str, str], BaseException]] = {
    "os_error": lambda label, call: OSError(5, f"{call} of {label}: input/output error"),
    "timeout_error": lambda label, call: TimeoutError(f"{call} of {label} timed out"),
    "runtime_error": lambda label, call: RuntimeError(f"{call} of {label} failed"),
    "value_error": lambda label, call: ValueError(f"{call} of {label}: bad answer"),
    "memory_error": lambda label, call: MemoryError(f"{call} of {label}"),
    "keyboard_interrupt": lambda label, call: KeyboardInterrupt(f"{call} of {label}"),
    "system_exit": lambda label, call: SystemExit(f"{call} of {label}"),
    "device_fault": lambda label, call: DeviceFault(label, call, "a fault on purpose"),
    "lost": lambda label, call: DeviceLost(label, f"the link dropped in {call}, on purpose"),
}
_Rate = Annotated[float, Field(ge=0, le=1)]
_Positive = Annotated[int, Field(ge=1)]


class Fault(BaseModel):
    """One ``[[driver.fault]]`` table.

    Parameters
    ----------
    fault
        Of frames (``"dark"``, ``"frozen"``, ...), of read-backs (``"read_nan"``, ``"read_off"``,
        ``"read_text"``), of commands (``"ignored"``: accepted, and does nothing; ``"read_late"``:
        done, and reads back as before for a while), or of calls: an error, or ``"hang"``.
    call
        Which call a fault of calls strikes.
    device, setting
        Strike these alone; empty for all.
    rate
        Share of the calls that are struck at random.
    at
        Calls that are struck, the first is 1.
    from_s, to_s
        Strike in this span of the devices' time since opening, seconds.
    amount
        Of ``"read_off"``: added to the value, in the setting's unit.
    hang_s
        How long ``"hang"`` lasts.
    reads
        Of ``"read_late"``: how many read-backs of each setting give what it was before.
    dark_adu
        Of ``"dark"``: what a pixel reads without light.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    fault: FrameFaultName | ReadFaultName | CallFaultName | CommandFaultName
    call: Call | None = None
    device: str = ""
    setting: str = ""
    rate: _Rate = 0.0
    at: tuple[_Positive, ...] = Field(default=(), strict=False)
    from_s: Annotated[float, Field(ge=0)] = 0.0
    to_s: Annotated[float, Field(ge=0, le=1e7)] | None = None
    amount: float = 1.0
    hang_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    reads: Annotated[int, Field(ge=1, le=1_000_000)] = 5
    dark_adu: Annotated[float, Field(ge=0, le=60_000)] = 100.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        implied = self._implied()
        if implied is None and self.call is None:
            raise ValueError(f"{self.fault} needs call")
        if implied is not None and self.call not in (None, implied):
            raise ValueError(f"{self.fault} strikes {implied} alone")
        if not self.rate and not self.at and self.to_s is None:
            raise ValueError("give rate, at, or from_s and to_s: nothing would be struck")
        return self

    def _implied(self) -> Call | None:
        if self.fault == "dark" or self.fault in FRAME_FAULTS:
            return "capture"
        if self.fault in _READ_FAULTS:
            return "read"
        return "start" if self.fault in ("ignored", "read_late") else None

    @property
    def struck(self) -> Call:
        """The call that it strikes."""
        call = self._implied() or self.call
        assert call is not None
        return call


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
    seed: Annotated[int, Field(ge=0)] = 0
    fault: tuple[Fault, ...] = ()
    inner: Any = None


class FaultScript:
    """Decides which calls are struck, and counts them.

    Parameters
    ----------
    faults
        As in the rig file.
    seed
        Of the random ones.
    elapsed_s
        The devices' time since opening, seconds.

    Attributes
    ----------
    counts
        How often each fault has struck, by its name.
    rng
        Of what faults make up.
    """

    def __init__(
        self, faults: tuple[Fault, ...], seed: int, elapsed_s: Callable[[], float]
    ) -> None:
        self.counts: dict[str, int] = {}
        self._faults = faults
        self._rngs = [np.random.default_rng((seed, i)) for i in range(len(faults))]
        self._calls = [0] * len(faults)
        self._elapsed_s = elapsed_s
        self._guard = threading.Lock()  # stop comes from any thread
        self.rng = np.random.default_rng((seed, len(faults)))

    @property
    def n_calls(self) -> int:
        """Most calls that any fault of the script could have struck so far."""
        return max(self._calls, default=0)

    def strike(self, call: Call, label: str, settings: tuple[str, ...] = ()) -> Fault | None:
        """Say which fault strikes this call, if any; the first of the file wins."""
        struck = None
        with self._guard:
            for i, fault in enumerate(self._faults):
                other = fault.setting and fault.setting not in settings
                if fault.struck != call or (fault.device and fault.device != label) or other:
                    continue
                self._calls[i] += 1
                chance = float(self._rngs[i].random())
                timed = fault.to_s is not None and (
                    fault.from_s <= self._elapsed_s() <= fault.to_s and not fault.rate
                )
                outside = fault.to_s is not None and not (
                    fault.from_s <= self._elapsed_s() <= fault.to_s
                )
                hit = timed or self._calls[i] in fault.at or (chance < fault.rate and not outside)
                if hit and struck is None:
                    struck = fault
            if struck is not None:
                self.counts[struck.fault] = self.counts.get(struck.fault, 0) + 1
        return struck

    def call(self, call: Call, label: str, settings: tuple[str, ...] = ()) -> Fault | None:
        """Raise, or hang, where such a fault strikes; hand on any other.

        Raises
        ------
        OSError, TimeoutError, RuntimeError, ValueError, DeviceFault, DeviceLost
        """
        fault = self.strike(call, label, settings)
        if fault is None:
            return None
        if fault.fault == "hang":
            time.sleep(fault.hang_s)
            return None
        if fault.fault in _ERRORS:
            raise _ERRORS[fault.fault](label, call)
        return fault


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
