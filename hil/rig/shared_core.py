"""A rig for programs that speak to a Micro-Manager core: pymmcore-gui, napari, useq scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivers.frame import Frame
from drivers.protocol import Setting
from drivers.types import Value
from hil.rig.rig import Rig, load_rig


class SharedRig:
    """A rig as `drivers.micromanager.python_devices` offers it; every move is within its limits.

    Parameters
    ----------
    rig
        Open.
    """

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def settings(self) -> Mapping[str, list[Setting]]:
        """All settings by the label of their device, with the rig's bounds."""
        return {
            label: [self._bounded(setting) for setting in device.describe()]
            for label, device in self._rig.devices.items()
        }

    def camera(self) -> str:
        """Label of the camera; empty for none."""
        return self._rig.spec.camera

    def read(self, name: str) -> Value:
        """Ask the device."""
        return self._rig.read(name)[name]

    def apply(self, values: Mapping[str, Value]) -> None:
        """Move within the rig's limits, and wait."""
        self._rig.apply(values)

    def take(self) -> Frame:
        """Take a frame."""
        rig = self._rig
        timeout_s = rig.spec.frame_timeout_s
        return rig.run(lambda: next(iter(rig.camera.capture(1, timeout_s))))

    def _bounded(self, setting: Setting) -> Setting:
        if setting.kind == "choice" or setting.read_only:
            return setting
        low, high = self._rig.safety.bounds(setting.name)
        return replace(setting, low=low, high=high)


@contextmanager
def micromanager_core(path: str | Path, core: Any = None) -> Iterator[Any]:
    """Open a rig, and give its devices as those of a core of pymmcore-plus; park at the end.

    Parameters
    ----------
    path
        A rig file, of simulated or of real devices.
    core
        A ``UniMMCore`` that takes the devices; a new one without it.

    Yields
    ------
    UniMMCore

    Raises
    ------
    InputError
        The file is wrong.
    RigError
        A device failed.
    """
    from drivers.micromanager.python_devices import load_devices

    with load_rig(path) as rig:
        loaded = load_devices(SharedRig(rig), core)
        try:
            yield loaded
        finally:
            loaded.reset()
