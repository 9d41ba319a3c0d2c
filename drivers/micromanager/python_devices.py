"""A rig as devices of pymmcore-plus, so that other programs run on it: UniMMCore's Python devices.

What moves two axes in um is an XY stage, what moves one a stage; a device with one amount of light
is a shutter that also has that amount as a property; everything else are properties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from pymmcore_plus.experimental.unicore import (
    CameraDevice,
    Device,
    GenericDevice,
    ShutterDevice,
    StageDevice,
    UniMMCore,
    XYStageDevice,
)

from drivers.frame import Frame
from drivers.protocol import Setting
from drivers.types import Pixels, Value


class Stand(Protocol):
    """What is offered: settings within the rig's limits, and frames. Any thread may call."""

    def settings(self) -> Mapping[str, Sequence[Setting]]:
        """All settings by the label of their device, with the bounds that hold here."""
        ...

    def camera(self) -> str:
        """Label of the camera; empty for none."""
        ...

    def read(self, name: str) -> Value:
        """Ask the device."""
        ...

    def apply(self, values: Mapping[str, Value]) -> None:
        """Move, and wait."""
        ...

    def take(self) -> Frame:
        """Take a frame."""
        ...


def load_devices(stand: Stand, core: UniMMCore | None = None) -> UniMMCore:
    """Load a rig's devices into a core, and give them their roles.

    Parameters
    ----------
    stand
        The rig.
    core
        Where they go; a new one without it.

    Returns
    -------
    UniMMCore
        Ready; what its camera's pixels are is asked with a first frame.
    """
    core = core if core is not None else UniMMCore()
    roles: dict[str, str] = {}
    shutters: dict[str, RigShutter] = {}
    camera: RigCamera | None = None
    for label, settings in stand.settings().items():
        device, role = _device(stand, label, settings)
        core.loadPyDevice(label, device)
        core.initializeDevice(label)
        roles.setdefault(role, label)
        if isinstance(device, RigShutter):
            shutters[label] = device
        if isinstance(device, RigCamera):
            camera = device
    if label := roles.get("camera", ""):
        core.setCameraDevice(label)
    if label := roles.get("focus", ""):
        core.setFocusDevice(label)
    if label := roles.get("xy", ""):
        core.setXYStageDevice(label)
    if label := roles.get("shutter", ""):
        core.setShutterDevice(label)
    if camera is not None:
        camera.shutter = _Automatic(core, shutters)
    return core


class _Automatic:
    """The core's auto-shutter, which UniMMCore leaves to its Python cameras."""

    def __init__(self, core: UniMMCore, shutters: Mapping[str, RigShutter]) -> None:
        self._core, self._shutters = core, shutters

    def __call__(self, open: bool) -> None:
        shutter = self._shutters.get(self._core.getShutterDevice())
        if shutter is not None and self._core.getAutoShutter():
            shutter.set_open(open)


def _device(stand: Stand, label: str, settings: Sequence[Setting]) -> tuple[Device, str]:
    moving = [s for s in settings if s.role == "position" and s.unit == "um" and not s.read_only]
    light = [s for s in settings if s.role == "light" and s.kind == "float" and not s.read_only]
    device: Device
    if label == stand.camera():
        device, role, own = RigCamera(stand, label), "camera", {f"{label}.exposure_ms"}
    elif {s.name for s in moving} == {f"{label}.x_um", f"{label}.y_um"}:
        device, role, own = RigXYStage(stand, label), "xy", {s.name for s in moving}
    elif len(moving) == 1:
        device, role, own = RigStage(stand, moving[0].name), "focus", {moving[0].name}
    elif len(light) == 1:
        device, role, own = RigShutter(stand, light[0]), "shutter", set()
    else:
        device, role, own = GenericDevice(), "", set()
    for setting in settings:
        if setting.name not in own:
            _add(device, stand, label, setting)
    return device, role


def _add(device: Device, stand: Stand, label: str, setting: Setting) -> None:
    """Make a setting a property, under its name without the label."""
    name = setting.name

    def setter(_: Any, value: Any) -> None:
        stand.apply({name: float(value) if setting.kind == "float" else value})

    both = setting.low is not None and setting.high is not None and setting.kind != "choice"
    device.register_property(
        name.removeprefix(f"{label}."),
        default_value=stand.read(name),
        getter=lambda _: stand.read(name),
        setter=None if setting.read_only else setter,
        limits=(setting.low, setting.high) if both else None,  # type: ignore[arg-type]
        allowed_values=setting.choices or None,
        is_read_only=setting.read_only,
        property_type={"float": float, "int": int}.get(
            setting.kind, type((*setting.choices, "")[0])
        ),
    )


class RigCamera(CameraDevice):
    """The rig's camera; pixels are raw ADU.

    Attributes
    ----------
    shutter
        Called with True before frames are taken, and with False after them.
    """

    def __init__(self, stand: Stand, label: str) -> None:
        super().__init__()
        self._stand, self._exposure = stand, f"{label}.exposure_ms"
        self._sample: Pixels | None = None
        self.shutter: Callable[[bool], None] = lambda open: None

    def get_exposure(self) -> float:
        """Ask for the exposure time, ms."""
        return float(self._stand.read(self._exposure))

    def set_exposure(self, exposure: float) -> None:
        """Set the exposure time, ms."""
        self._stand.apply({self._exposure: float(exposure)})

    def shape(self) -> tuple[int, int]:
        """Give (height, width)."""
        rows, columns = self._known().shape
        return rows, columns

    def dtype(self) -> Any:
        """Give the type of a pixel."""
        return self._known().dtype

    def start_sequence(
        self, n: int | None, get_buffer: Callable[[Sequence[int], Any], np.ndarray]
    ) -> Iterator[Mapping[str, Any]]:
        """Take frames one after the other."""
        taken = 0
        self.shutter(True)
        try:
            while n is None or taken < n:
                frame = self._stand.take()
                self._sample = frame.pixels
                buffer = get_buffer(frame.pixels.shape, frame.pixels.dtype)
                buffer[:] = frame.pixels
                taken += 1
                yield {"Exposure-ms": frame.meta.exposure_ms}
        finally:
            self.shutter(False)

    def _known(self) -> Pixels:
        if self._sample is None:
            self._sample = self._stand.take().pixels
        return self._sample


class RigStage(StageDevice):
    """One axis in um."""

    def __init__(self, stand: Stand, name: str) -> None:
        super().__init__()
        self._stand, self._name = stand, name

    def get_position_um(self) -> float:
        """Ask where it is."""
        return float(self._stand.read(self._name))

    def set_position_um(self, val: float) -> None:
        """Go there, within the rig's limits."""
        self._stand.apply({self._name: float(val)})

    def home(self) -> None:
        """Go to 0."""
        self.set_position_um(0.0)

    def stop(self) -> None:
        """Nothing moves between calls."""

    def set_origin(self) -> None:
        """Refuse: the rig's coordinates are those of its limits."""
        raise NotImplementedError("a rig's limits hold in its own coordinates")


class RigXYStage(XYStageDevice):
    """Two axes in um."""

    def __init__(self, stand: Stand, label: str) -> None:
        super().__init__()
        self._stand, self._x, self._y = stand, f"{label}.x_um", f"{label}.y_um"

    def get_position_um(self) -> tuple[float, float]:
        """Ask where it is."""
        return float(self._stand.read(self._x)), float(self._stand.read(self._y))

    def set_position_um(self, x: float, y: float) -> None:
        """Go there, within the rig's limits."""
        self._stand.apply({self._x: float(x), self._y: float(y)})

    def home(self) -> None:
        """Go to 0, 0."""
        self.set_position_um(0.0, 0.0)

    def stop(self) -> None:
        """Nothing moves between calls."""

    def set_origin_x(self) -> None:
        """Refuse: the rig's coordinates are those of its limits."""
        raise NotImplementedError("a rig's limits hold in its own coordinates")

    def set_origin_y(self) -> None:
        """Refuse: the rig's coordinates are those of its limits."""
        raise NotImplementedError("a rig's limits hold in its own coordinates")


class RigShutter(ShutterDevice):
    """A light: open with the amount that it last had, closed with the least."""

    def __init__(self, stand: Stand, setting: Setting) -> None:
        super().__init__()
        self._stand, self._name = stand, setting.name
        self._dark = 0.0 if setting.low is None else setting.low
        self._lit = float(stand.read(setting.name))

    def get_open(self) -> bool:
        """Whether there is more light than the least."""
        return float(self._stand.read(self._name)) > self._dark

    def set_open(self, open: bool) -> None:
        """Bring the light back, or take it away."""
        now = float(self._stand.read(self._name))
        if now > self._dark:
            self._lit = now
        self._stand.apply({self._name: self._lit if open else self._dark})
