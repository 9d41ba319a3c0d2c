"""A plug-in of two drivers that outlive their process: a lamp in a file, a microscope that breaks.

`plant` registers them for processes that are started with the environment that it gives.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import hil
from drivers.errors import DeviceFault
from drivers.protocol import Connection, Device, Setting
from drivers.types import Value
from tests.hil.plain_scope import KIND as MICROSCOPE_KIND
from tests.hil.session_bench import wait_for

LIT = "lamp.power_mw"

RIG = """\
name = "planted scope"
camera = "camera"
call_timeout_s = 1
open_timeout_s = 8
frame_timeout_s = 20

[[driver]]
kind = "planted.microscope"

[[driver]]
kind = "planted.lamp"

[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6

[setup]
"lamp.power_mw" = 5.0
"light.power_mw" = 1.0

[limits."lamp.power_mw"]
timeout_s = 1

[[park]]
set = { "light.power_mw" = 0, "lamp.power_mw" = 0 }
"""


class Lamp:
    """A lamp whose power stands in a file, each command with its time."""

    label = "lamp"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def describe(self) -> tuple[Setting, ...]:
        return (Setting(LIT, "float", "mw", 0, 50, role="light"),)

    def read(self, setting: str) -> Value:
        trouble(self._folder, "lamp read")
        return lit_mw(self._folder)

    def start(self, values: Mapping[str, Value]) -> None:
        trouble(self._folder, "lamp start")
        with (self._folder / "lamp.txt").open("a", encoding="utf-8") as file:
            file.write(f"{time.time()} {values[LIT]}\n")

    def settle(self, timeout_s: float) -> None:
        trouble(self._folder, "lamp settle")

    def stop(self) -> None:
        trouble(self._folder, "lamp stop")


class LampConnection:
    def __init__(self, folder: Path) -> None:
        self.devices: Mapping[str, Device] = MappingProxyType({"lamp": Lamp(folder)})
        self.versions = {"planted": "1"}

    def close(self) -> None:
        pass


class Kind:
    def options(self, table: Mapping[str, Any], folder: Path) -> Path:
        return folder

    def resources(self, options: Path) -> tuple[str, ...]:
        return ()


class LampKind(Kind):
    def resources(self, options: Path) -> tuple[str, ...]:
        named = options / "resources.txt"
        return tuple(named.read_text(encoding="utf-8").split()) if named.exists() else ()

    def open(self, options: Path) -> Connection:
        trouble(options, "lamp open")
        return LampConnection(options)


class MicroscopeKind(Kind):
    def open(self, options: Path) -> Connection:
        trouble(options, "microscope open")
        small = {"seed": 1, "height_px": 64, "width_px": 64, "scene_um": 60.0}
        connection = MICROSCOPE_KIND.open(MICROSCOPE_KIND.options(small, options))
        for label, device in connection.devices.items():
            for call in ("start", "settle", "read", "stop", "capture"):
                if hasattr(device, call):
                    _troubled(device, call, options, label)
        real = connection.close

        def close() -> None:
            trouble(options, "microscope close")
            real()

        connection.close = close  # type: ignore[method-assign]
        return connection


LAMP, MICROSCOPE = LampKind(), MicroscopeKind()


def _troubled(device: Device, call: str, folder: Path, label: str) -> None:
    real = getattr(device, call)

    def work(*arguments: Any) -> Any:
        trouble(folder, f"{label} {call}")
        return real(*arguments)

    setattr(device, call, work)


def trouble(folder: Path, call: str) -> None:
    """Fail, hang or take four seconds where somebody has asked for it."""
    if (folder / f"{call} waits").exists():
        time.sleep(4.0)
    if (folder / f"{call} fails").exists():
        raise DeviceFault(call.split()[0], call.split()[1], "on purpose")
    if (folder / f"{call} hangs").exists():
        if not (since := folder / f"{call} hung").exists():
            since.touch()
        threading.Event().wait(600)


def ask_for(folder: Path, trouble: str) -> None:
    """Have a call fail or hang from now on, in every process: ``"lamp settle hangs"`` say."""
    (folder / trouble).touch()


def lit_mw(folder: Path) -> float:
    """Power of the lamp, mW."""
    return _last(folder)[1]


def lit_since(folder: Path) -> float:
    """Time of the last command to the lamp, seconds since 1970."""
    return _last(folder)[0]


def wait_until_dark(folder: Path, seconds: float = 20) -> float:
    """Wait for the lamp to go out; give the time at which it did."""
    wait_for(lambda: lit_mw(folder) == 0.0, seconds)
    return lit_since(folder)


def _last(folder: Path) -> tuple[float, float]:
    file = folder / "lamp.txt"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    if not lines:
        return 0.0, 0.0
    at, value = lines[-1].split()
    return float(at), float(value)


def plant(folder: Path) -> dict[str, str]:
    """Register the drivers as an installed package would; give the environment to start with."""
    info = folder / "planted-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[hil.drivers]\n"
        "planted.lamp = tests.hil.planted_rig:LAMP\n"
        "planted.microscope = tests.hil.planted_rig:MICROSCOPE\n"
        "plain.microscope = tests.hil.plain_scope:KIND\n"
    )
    here = str(Path(hil.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), here])}
