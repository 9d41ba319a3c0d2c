"""From the labels of a loaded core to devices: what is offered as a setting, and what never is."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pymmcore_plus import DeviceType, PropertyType

from drivers.errors import DriverError
from drivers.micromanager.assigned import lacks_devices
from drivers.micromanager.camera import MicroManagerCamera
from drivers.micromanager.core import Core
from drivers.micromanager.device import MicroManagerDevice
from drivers.micromanager.parts import (
    ExposurePart,
    LightPathPart,
    Part,
    PropertyPart,
    ShutterPart,
    StagePart,
    XYPart,
)
from drivers.micromanager.region import RegionPart
from drivers.micromanager.values import TEXT_PLACES, as_choices, readable, sayable
from drivers.micromanager.wheel import wheel_parts
from drivers.protocol import Kind, Role, Setting
from drivers.types import Value

FORBIDDEN = frozenset(
    {
        ("DemoCamera", "SimulateCrash"),  # it does crash the process
        # The size of the demo camera's sensor, which is described once.
        ("DemoCamera", "OnCameraCCDXSize"),
        ("DemoCamera", "OnCameraCCDYSize"),
    }
)
"""Properties, by adapter, that are never offered, so that no sweep finds them."""

# Named another way: by the position, the exposure, the labels and the shutter of their device.
_RENAMED: dict[DeviceType, frozenset[str]] = {
    DeviceType.Camera: frozenset({"Exposure"}),
    DeviceType.Stage: frozenset({"Position"}),
    DeviceType.State: frozenset({"Label", "State"}),
    DeviceType.Shutter: frozenset({"State"}),
}
_LIGHT_TYPES = {DeviceType.Shutter, DeviceType.Generic, DeviceType.State, DeviceType.SignalIO}
_AMOUNT_OF_LIGHT = re.compile(r"power|intensity|brightness|current|level", re.IGNORECASE)
_LIGHT_SWITCH = re.compile(r"laser|lamp|emission|enable|shutter|on.?off|light", re.IGNORECASE)
_OFF = {"0", "off", "closed", "disabled", "no"}
_COLOUR_OR_FLOAT = re.compile(r"rgb|colou?r|32|64|float", re.IGNORECASE)
_MAX_BITS = 16


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a loaded core has to offer.

    Parameters
    ----------
    devices
        By label, in the core's order.
    warnings
        What is offered in part or not at all, and why: one sentence each.
    """

    devices: dict[str, MicroManagerDevice]
    warnings: list[str]


def take_inventory(
    core: Core, buffer_mb: int, places: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Inventory:
    """Make a device of every label that is loaded.

    What one device does not answer about itself keeps nothing else away.

    Parameters
    ----------
    core
        With a configuration.
    buffer_mb
        For cameras: memory of frames that were not fetched yet, MiB.
    places
        By the label of a wheel, what its configuration calls its places; a name may recur.

    Raises
    ------
    DeviceFault
    """
    with core.words("micromanager", "listing devices"):
        labels = [str(label) for label in core.getLoadedDevices() if label != "Core"]
        camera = core.getCameraDevice()
        shutters = tuple(core.getLoadedDevicesOfType(DeviceType.Shutter))
    found = Inventory({}, [])
    empty = dict(_empty(core, labels, found.warnings))
    shutters = tuple(shutter for shutter in shutters if shutter not in empty)
    _use_no_shutter(core, empty, found.warnings)
    for label in labels:
        try:
            with core.words(label, "asking what it is"):
                kind = core.getDeviceType(label)
                ready = core.getDeviceInitializationState(label)
            if not ready:
                found.warnings.append(
                    f"{label} is left out: the configuration does not initialize it"
                    " (Property,Core,Initialize,1)"
                )
                continue
            parts: list[Part] = []
            if label not in empty:
                called = places.get(label, ())
                parts += _own_parts(core, label, kind, shutters, found.warnings, called)
            parts += _properties(core, label, kind, found.warnings)
        except DriverError as error:
            found.warnings.append(f"{label} is left out: {error}")
            continue
        parts = [part for part in parts if _belongs(part, label, labels)]
        if kind is DeviceType.Camera:
            # The exposure last: a mode or a binning may change it.
            parts.sort(key=_camera_order)
            taken = MicroManagerCamera(core, label, parts, buffer_mb)
            found.devices[label] = taken
            found.warnings.extend(_several(taken))
        else:
            moves = kind in (DeviceType.Stage, DeviceType.XYStage)
            found.devices[label] = MicroManagerDevice(core, label, parts, moves)
    if camera:
        with core.words(camera, "choosing it again"):
            core.setCameraDevice(camera)
    return found


def _empty(
    core: Core, labels: Sequence[str], warnings: list[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Find the devices that are made of others and have none; they do nothing of their own."""
    for label in labels:
        with contextlib.suppress(DriverError):
            if missing := lacks_devices(core, label, labels):
                warnings.append(
                    f"{label} is left out but for its properties: nothing is assigned to it"
                    f" ({', '.join(missing)})"
                )
                yield label, missing


def _use_no_shutter(core: Core, empty: Container[str], warnings: list[str]) -> None:
    """Keep such a device from being opened for every frame, which it cannot."""
    with contextlib.suppress(DriverError), core.words("micromanager", "choosing no shutter"):
        shutter = core.getShutterDevice()
        if shutter in empty:
            core.setShutterDevice("")
            warnings.append(f"no shutter is opened for frames: the core's was {shutter}")


def _several(camera: MicroManagerCamera) -> Iterator[str]:
    """Say of a camera that is made of others that it cannot be the rig's."""
    with contextlib.suppress(DriverError):
        if (channels := camera.channels()) != 1:
            yield (
                f"{camera.label} gives the frames of {channels} cameras at once, and a rig's camera"
                " gives its own: name one of them instead"
            )


def _camera_order(part: Part) -> int:
    if isinstance(part, ExposurePart):
        return 3
    if isinstance(part, RegionPart):
        return 2
    return 0 if part.settings[0].role == "binning" else 1


def _belongs(part: Part, label: str, labels: list[str]) -> bool:
    """Whether the longest label that fits the part's names is its own device's."""
    name = part.settings[0].name
    return max((x for x in labels if name.startswith(x + ".")), key=len) == label


def _own_parts(
    core: Core,
    label: str,
    kind: DeviceType,
    shutters: tuple[str, ...],
    warnings: list[str],
    called: Sequence[str],
) -> Iterator[Part]:
    """Parts that a device has for what it is, rather than for its properties."""
    match kind:
        case DeviceType.Stage:
            yield StagePart(core, label)
        case DeviceType.XYStage:
            yield XYPart(core, label)
        case DeviceType.Shutter:
            yield ShutterPart(core, label)
        case DeviceType.State:
            try:
                yield from wheel_parts(core, label, warnings, called)
            except DriverError as error:
                warnings.append(f"the places of {label} are left out: {error}")
        case DeviceType.Camera:
            yield ExposurePart(core, label, *_limits(core, label, "Exposure"))
            yield LightPathPart(core, label, shutters)
            try:
                yield RegionPart(core, label)
            except DriverError as error:  # a camera without a region is a camera
                warnings.append(f"the region of {label} is left out: {error}")


def _limits(core: Core, label: str, prop: str) -> tuple[float | None, float | None]:
    with core.words(label, f"asking for the limits of {prop}"):
        if not core.hasProperty(label, prop) or not core.hasPropertyLimits(label, prop):
            return None, None
        return core.getPropertyLowerLimit(label, prop), core.getPropertyUpperLimit(label, prop)


def _properties(
    core: Core, label: str, kind: DeviceType, warnings: list[str]
) -> Iterator[PropertyPart]:
    with core.words(label, "listing properties"):
        adapter = core.getDeviceLibrary(label)
        names = core.getDevicePropertyNames(label)
    for name in names:
        if name in _RENAMED.get(kind, ()) or (adapter, name) in FORBIDDEN:
            continue
        shown = readable(name)
        try:
            with core.words(label, f"asking what {shown} is"):
                if not sayable(name):
                    raise ValueError("its name is in an encoding that is not told")
                if core.isPropertyPreInit(label, name):
                    continue
                setting = _describe(core, label, name, kind)
        except DriverError as error:
            warnings.append(f"{label}.{shown} is left out: {error}")
            continue
        if setting is not None:
            yield PropertyPart(core, label, setting, name)


def _describe(core: Core, label: str, name: str, kind: DeviceType) -> Setting | None:
    """Describe a property; None for free text, which nothing could be checked against."""
    value_type = core.getPropertyType(label, name)
    texts = core.getAllowedPropertyValues(label, name)
    if not all(map(sayable, texts)):
        raise ValueError("its choices are in an encoding that is not told")
    read_only = core.isPropertyReadOnly(label, name)
    low, high = _limits(core, label, name)
    choices: tuple[Value, ...] = ()
    value_kind: Kind = "float" if value_type is PropertyType.Float else "int"
    tolerance = 0.0
    if texts:
        whole = value_type is PropertyType.Integer or name == "Binning"
        choices, value_kind = as_choices(texts, integers=whole), "choice"
        if kind is DeviceType.Camera:
            choices = _grey(name, choices)
        if not choices:
            return None
        low = high = None
    elif value_type not in (PropertyType.Float, PropertyType.Integer):
        return None
    elif value_kind == "float":
        span = high - low if low is not None and high is not None else 0.0
        tolerance = max(0.5 * 10**-TEXT_PLACES, 1e-4 * span)
    return Setting(
        f"{label}.{name}",
        value_kind,
        low=low,
        high=high,
        choices=choices,
        read_only=read_only,
        role="other" if read_only else _role(name, kind, value_kind, choices),
        tolerance=tolerance,
    )


def _grey(name: str, choices: tuple[Value, ...]) -> tuple[Value, ...]:
    """Leave out what makes a camera's frames colour or float: one demo mode crashes on it."""
    if name == "BitDepth":
        return tuple(c for c in choices if isinstance(c, str) or c <= _MAX_BITS)
    if name == "PixelType":
        return tuple(c for c in choices if not _COLOUR_OR_FLOAT.search(str(c)))
    return choices


def _role(name: str, kind: DeviceType, value_kind: Kind, choices: tuple[Value, ...]) -> Role:
    if kind is DeviceType.Camera:
        return "binning" if name == "Binning" else "other"
    if kind not in _LIGHT_TYPES:
        return "other"
    if value_kind != "choice":
        return "light" if _AMOUNT_OF_LIGHT.search(name) else "other"
    switch = any(str(choice).lower() in _OFF for choice in choices)
    return "light" if switch and _LIGHT_SWITCH.search(name) else "other"
