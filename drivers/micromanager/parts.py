"""What a Micro-Manager device is commanded through: one part for each call of the core.

Most parts carry one setting. An XY stage moves both axes by one call, so its part carries two.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

from drivers.micromanager.core import Core
from drivers.micromanager.values import from_text, to_text
from drivers.protocol import Alias, Setting
from drivers.types import Value


class Part(Protocol):
    """One or more settings that one call of the core sets."""

    @property
    def settings(self) -> tuple[Setting, ...]:
        """What it offers."""
        ...

    def check(self, values: Mapping[str, Value]) -> None:
        """Check what settings cannot say one by one; every value is allowed by its own setting.

        Parameters
        ----------
        values
            All that the device is about to be sent, also for other parts.

        Raises
        ------
        ValueRefused
        """
        ...

    def send(self, values: Mapping[str, Value]) -> None:
        """Send checked values of this part's settings, and do not wait."""
        ...

    def read(self, name: str) -> Value:
        """Ask the device."""
        ...


class SinglePart(ABC):
    """What parts with one setting and nothing to check beyond it have in common.

    Parameters
    ----------
    core, label
        The device.
    setting
        What is offered.
    """

    def __init__(self, core: Core, label: str, setting: Setting) -> None:
        self._core = core
        self._label = label
        self.setting = setting

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The one setting."""
        return (self.setting,)

    def check(self, values: Mapping[str, Value]) -> None:  # noqa: B027  one setting agrees with itself
        """Nothing beyond the setting itself."""

    def send(self, values: Mapping[str, Value]) -> None:
        """Send the value."""
        with self._core.words(self._label, f"setting {self.setting.name}"):
            self._send(values[self.setting.name])

    def read(self, name: str) -> Value:
        """Ask the device."""
        with self._core.words(self._label, f"reading {name}"):
            return self._read()

    @abstractmethod
    def _send(self, value: Value) -> None: ...

    @abstractmethod
    def _read(self) -> Value: ...


class PropertyPart(SinglePart):
    """A property, as the device's adapter offers it.

    Parameters
    ----------
    core, label, setting
        As for every part.
    property_name
        Its name at the core.
    """

    def __init__(self, core: Core, label: str, setting: Setting, property_name: str) -> None:
        super().__init__(core, label, setting)
        self._property = property_name

    def _send(self, value: Value) -> None:
        self._core.setProperty(self._label, self._property, to_text(value))

    def _read(self) -> Value:
        return from_text(self.setting, self._core.getProperty(self._label, self._property))


class StagePart(SinglePart):
    """Position of a stage with one axis, um."""

    TOLERANCE_UM = 0.1
    BACKLASH_UM = 1.0

    def __init__(self, core: Core, label: str) -> None:
        setting = Setting(
            name=f"{label}.position_um",
            kind="float",
            unit="um",
            role="position",
            tolerance=self.TOLERANCE_UM,
            backlash=self.BACKLASH_UM,
            aliases=(Alias(f"{label}.Position"),),
        )
        super().__init__(core, label, setting)

    def _send(self, value: Value) -> None:
        self._core.setPosition(self._label, float(value))

    def _read(self) -> Value:
        return float(self._core.getPosition(self._label))


class XYPart:
    """Position of an XY stage, um. Both axes go out in one call.

    An axis that is not asked for keeps its last target while it still stands there: sending back
    what it reads would let it creep by its own rounding with every move of the other axis.
    """

    TOLERANCE_UM = 0.5
    BACKLASH_UM = 10.0

    def __init__(self, core: Core, label: str) -> None:
        self._core = core
        self._label = label
        self._targets: dict[str, float] = {}
        self.settings: tuple[Setting, ...] = tuple(
            Setting(
                name=f"{label}.{axis}_um",
                kind="float",
                unit="um",
                role="position",
                tolerance=self.TOLERANCE_UM,
                backlash=self.BACKLASH_UM,
            )
            for axis in "xy"
        )

    def check(self, values: Mapping[str, Value]) -> None:
        """Nothing: the core knows no limits of stages."""

    def send(self, values: Mapping[str, Value]) -> None:
        """Move to the targets, the other axis staying."""
        with self._core.words(self._label, "asking whether it moves"):
            moving = self._core.deviceBusy(self._label)
        for setting in self.settings:
            name = setting.name
            if name in values:
                self._targets[name] = float(values[name])
                continue
            here = float(self.read(name))
            last = self._targets.get(name, here)
            stays = moving or abs(last - here) <= setting.tolerance
            self._targets[name] = last if stays else here
        with self._core.words(self._label, "moving"):
            x, y = (self._targets[setting.name] for setting in self.settings)
            self._core.setXYPosition(self._label, x, y)

    def read(self, name: str) -> Value:
        """Ask the stage."""
        with self._core.words(self._label, f"reading {name}"):
            position = self._core.getXYPosition(self._label)
        return float(position[0 if name == self.settings[0].name else 1]) + 0.0  # no -0.0


class ShutterPart(SinglePart):
    """A shutter: 1 lets light through, 0 does not, whatever the adapter calls it."""

    def __init__(self, core: Core, label: str) -> None:
        setting = Setting(name=f"{label}.State", kind="choice", choices=(0, 1), role="light")
        super().__init__(core, label, setting)

    def _send(self, value: Value) -> None:
        self._core.setShutterOpen(self._label, bool(value))

    def _read(self) -> Value:
        return int(self._core.getShutterOpen(self._label))


class ExposurePart(SinglePart):
    """Exposure time of a camera, ms.

    The core takes NaN, and ignores what is out of range without a word.

    Parameters
    ----------
    core, label
        The camera.
    low, high
        Its limits; None where it names none.
    """

    TOLERANCE_MS = 0.1

    def __init__(self, core: Core, label: str, low: float | None, high: float | None) -> None:
        setting = Setting(
            name=f"{label}.exposure_ms",
            kind="float",
            unit="ms",
            low=0.0 if low is None else low,
            high=high,
            role="exposure",
            tolerance=self.TOLERANCE_MS,
            aliases=(Alias(f"{label}.Exposure"),),
        )
        super().__init__(core, label, setting)

    def _send(self, value: Value) -> None:
        self._core.setExposure(self._label, float(value))

    def _read(self) -> Value:
        return float(self._core.getExposure(self._label))


class LightPathPart(SinglePart):
    """Which shutter is opened for the frames of a camera.

    The core keeps this, and presets of a light path set it (``Core,Shutter``).
    """

    def __init__(self, core: Core, label: str, shutters: tuple[str, ...]) -> None:
        setting = Setting(name=f"{label}.auto_shutter", kind="choice", choices=("", *shutters))
        super().__init__(core, label, setting)

    def _send(self, value: Value) -> None:
        self._core.setShutterDevice(str(value))

    def _read(self) -> Value:
        return self._core.getShutterDevice()
