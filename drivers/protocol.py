"""What a device driver is. This file is all that the author of a driver needs.

Order of calls
--------------
1. ``kind.options(table)`` checks the ``[[driver]]`` table of ``rig.toml``; nothing is touched.
2. ``kind.open(options)`` connects and returns a `Connection`. Opening may move hardware (homing, a
   start-up preset); what can be refused before that is refused in step 1.
3. ``describe()`` of every device, once. The settings it names do not change afterwards.
4. Any number of rounds: ``start(values)`` on some devices, ``settle(timeout_s)`` on the same ones,
   ``read(name)``, and, on the camera, ``capture(n, timeout_s)``.
5. ``close()`` of the connection, once, also after an error. It may be called in any state.

Threads
-------
All calls into one connection come from one and the same thread, except two that must be safe from
any thread at any time: ``Camera.cancel()`` and ``Device.stop()``. A driver that receives events on
threads of its own keeps them to itself.

Every call has a deadline: that of the rig file's ``call_timeout_s``, beyond the call's own time-out
where it has one. A device that does not return by then is asked for nothing more until it has; so
that light can be put out, the other devices of the connection are called from a new thread.

Values
------
A value is a float, an int or a str, in the unit that `Setting` states. A driver checks type, range
and finiteness itself, before the device sees a value, and raises `ValueRefused`. ``read`` asks the
device, never a cache, and never returns what was merely requested.

Errors
------
Everything raised on purpose is a `drivers.errors.DriverError`. Anything else is a defect.
Every wait has a timeout. After `SettleTimeout` the device has been told to stop.

`hil.testing` holds one suite that runs against every driver.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from drivers.frame import Frame
from drivers.types import Floats, Value

Kind: TypeAlias = Literal["float", "int", "choice"]
Role: TypeAlias = Literal["position", "exposure", "light", "binning", "region", "preset", "other"]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name for a setting.

    Parameters
    ----------
    name
        The other name, ``"Emission.State"`` say.
    values
        What its values are called under the canonical name, ``{0: "DAPI", 1: "FITC"}`` say; None
        where both names take the same values.
    """

    name: str
    values: Mapping[Value, Value] | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One controllable property as its device describes it, under its one canonical name.

    Parameters
    ----------
    name
        ``LABEL.PROPERTY``. LABEL may contain dots and spaces. PROPERTY ends in its unit where it
        has one: ``Z.position_um``, ``camera.exposure_ms``.
    kind
        ``"float"``, ``"int"``, or ``"choice"`` (one of `choices`).
    unit
        ``"um"``, ``"ms"``, ``"mw"``, ``"nm"``; empty where there is none.
    low, high
        What the device itself allows, inclusive; None where it does not say.
    choices
        Allowed values of a ``"choice"``: all str or all int.
    read_only
        The device reports it and it cannot be set.
    role
        What it means for safety and dose: ``"exposure"`` and ``"light"`` bring light to the sample,
        ``"position"`` moves something.
    tolerance
        How far a read-back may lie from the request and count as reached, in `unit`.
    backlash
        Slack of the mechanics, in `unit`: to approach from one side, a move goes this far beyond
        first. 0 where there is none.
    aliases
        Other names that mean the same quantity.
    expands
        Only for role ``"preset"``: for each choice, the settings (canonical names) that it sets.
    park
        The value that is safe, where the rig file has no park steps; None where the driver has no
        opinion. Light without it goes to its lowest, or what is called off.
    """

    name: str
    kind: Kind
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()
    read_only: bool = False
    role: Role = "other"
    tolerance: float = 0.0
    backlash: float = 0.0
    aliases: tuple[Alias, ...] = ()
    expands: Mapping[Value, Mapping[str, Value]] = field(default_factory=dict)
    park: Value | None = None

    def allowed(self) -> str:
        """Say in words what values the device takes."""
        if self.read_only:
            return "nothing, it is read-only"
        if self.kind == "choice":
            return "one of " + ", ".join(repr(choice) for choice in self.choices)
        unit = f" {self.unit}" if self.unit else ""
        number = "an integer" if self.kind == "int" else "a number"
        if self.low is None and self.high is None:
            return f"{number}{unit and ' in' + unit}"
        if self.low is None:
            return f"{number} up to {self.high:g}{unit}"
        if self.high is None:
            return f"{number} from {self.low:g}{unit}"
        return f"{number} from {self.low:g} to {self.high:g}{unit}"


@runtime_checkable
class Device(Protocol):
    """A stage, mirror, lamp, filter wheel, camera, behind one label."""

    @property
    def label(self) -> str:
        """The device's name, the LABEL of its settings."""
        ...

    def describe(self) -> tuple[Setting, ...]:
        """All settings of this device, in a stable order."""
        ...

    def read(self, setting: str) -> Value:
        """Ask the device for the present value of ``setting`` (full canonical name).

        Raises
        ------
        UnknownSetting, DeviceFault, DeviceLost
        """
        ...

    def start(self, values: Mapping[str, Value]) -> None:
        """Begin to apply ``values`` (full canonical names of this device) and return at once.

        All values are checked before the first is sent.

        Raises
        ------
        UnknownSetting, ValueRefused, DeviceFault, DeviceLost
        """
        ...

    def settle(self, timeout_s: float) -> None:
        """Return when what the last ``start`` began has come to rest.

        Raises
        ------
        SettleTimeout, NotReached, DeviceFault, DeviceLost
        """
        ...

    def stop(self) -> None:
        """Stop any motion at once. Any thread, any time; never raises."""
        ...


@runtime_checkable
class Camera(Device, Protocol):
    """A device that takes frames."""

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        """Yield n frames whose exposure began after this call and after the last ``settle``.

        Parameters
        ----------
        n
            How many, at least 1.
        timeout_s
            How much later than its exposure and read-out a frame may come.

        Raises
        ------
        FrameTimeout
            A frame is late.
        FrameLost
            Fewer frames came than were taken, or one is missing in between.
        CaptureCancelled
            ``cancel()`` was called; raised within a second also during a long exposure.
        DeviceFault, DeviceLost
        """
        ...

    def cancel(self) -> None:
        """Make a running ``capture`` end soon. Any thread, any time; never raises."""
        ...


@runtime_checkable
class Identified(Protocol):
    """A device that can tell which one it is. Optional: a `Device` need not be this too."""

    def identity(self) -> Mapping[str, str]:
        """Words by which this device is told from others of its kind, asked of the device.

        Serial number, model, chip, firmware, how frames are acquired: whatever, when it changes,
        makes a calibration of this device worthless, and is no setting. Empty where the device
        does not say. The same for the same device at every connection.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class BoundsTogether:
    """Bounds that a device's settings have together: ``lows <= matrix z + offset <= highs``.

    They hold for what is commanded at once: the device goes from one command to the next by itself.

    Parameters
    ----------
    settings
        Canonical names of numeric settings of this device; z are their values.
    matrix, offset
        (rows, settings) and (rows,).
    lows, highs
        (rows,), inclusive; infinite for none.
    names
        What each row is called, ``"actuator 3"`` say; may be empty.
    sum_abs
        Largest sum of the magnitudes of all rows; infinite for none.
    """

    settings: tuple[str, ...]
    matrix: Floats
    offset: Floats
    lows: Floats
    highs: Floats
    names: tuple[str, ...] = ()
    sum_abs: float = math.inf


@runtime_checkable
class BoundedTogether(Protocol):
    """A device whose settings bound each other. Optional: a `Device` need not be this too.

    It refuses a command that would leave the bounds by itself; what it says of them here keeps
    proposals and the order of moves inside them.
    """

    def bounds_together(self) -> tuple[BoundsTogether, ...]:
        """All such bounds; touches no hardware, and stays the same."""
        ...


@runtime_checkable
class Connection(Protocol):
    """An open driver: what one ``[[driver]]`` table of ``rig.toml`` stands for.

    One that reaches no device and waits for nothing, a recording say, may have an attribute
    ``in_memory = True``: all calls but ``capture`` itself then run on the thread that asks, without
    a deadline.
    """

    @property
    def devices(self) -> Mapping[str, Device]:
        """The devices by label."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the libraries and device adapters behind this connection, for the record."""
        ...

    def close(self) -> None:
        """Release everything. Safe to call twice; never raises for a device that is gone."""
        ...


@dataclass(frozen=True, slots=True)
class DraftHints:
    """What a configuration says that helps with a first rig file.

    Parameters
    ----------
    camera
        Label of the camera that it is set to use; empty where it names none.
    pixel_size_um
        Side of an unbinned pixel at the sample, um; None where it is not said.
    pixel_size_of
        What of the configuration says so, as it stands now.
    """

    camera: str = ""
    pixel_size_um: float | None = None
    pixel_size_of: str = ""


@runtime_checkable
class Advising(Protocol):
    """A connection that says more of itself. Optional: a `Connection` need not be this too."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is offered in part or not at all, and why: one sentence each, for a person."""
        ...

    def hints(self) -> DraftHints:
        """Tell what helps to draft a rig file.

        Raises
        ------
        DriverError
        """
        ...


class DriverKind(Protocol):
    """How a kind of driver is opened: what is registered under a name.

    Drivers of this project are registered in ``hil.rig.driver_kinds``; those of other packages by
    an entry point of the group ``hil.drivers`` whose name is the ``kind`` of ``rig.toml``.

    A kind that imports heavy modules within ``open`` may name them in an attribute ``imports``, a
    tuple of str: the process that parks when a session dies then has them imported beforehand.
    """

    def options(self, table: Mapping[str, Any], folder: Path) -> Any:
        """Check a ``[[driver]]`` table, without ``kind``; touch no hardware.

        Parameters
        ----------
        table
            The keys of the table.
        folder
            The folder of ``rig.toml``; relative paths start there.

        Raises
        ------
        ConfigError, or pydantic.ValidationError
            With the key at fault.
        """
        ...

    def resources(self, options: Any) -> tuple[str, ...]:
        """Names of the hardware that only one process may hold; empty for a simulation.

        The names are the same for every process that would reach the same hardware.
        """
        ...

    def open(self, options: Any) -> Connection:
        """Connect.

        Raises
        ------
        DriverError
            After having released what was already open.
        """
        ...
