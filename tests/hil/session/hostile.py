"""A small microscope whose camera and lamp do to the process what a driver must never do."""

from __future__ import annotations

import gc
import locale
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from drivers.protocol import Connection, Device
from sim.microscope import KIND as MICROSCOPE


def _comma() -> None:
    names = ("de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "C")
    for name in names:  # at least the letters that files are read in change
        try:
            locale.setlocale(locale.LC_ALL, name)
            return
        except locale.Error:
            continue


def _elsewhere() -> None:
    os.chdir("/" if os.name != "nt" else "C:\\")


def _talk() -> None:
    with suppress(OSError):  # it may have closed what it prints to, in the same call
        print("x" * 300_000)
        print("x" * 300_000, file=sys.stderr)


def _alarm() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0.01)


def _signals() -> None:
    """As a library in C may, which is not bound to the main thread."""
    if sys.platform.startswith("linux"):
        import ctypes

        for number in (signal.SIGINT, signal.SIGTERM):
            ctypes.CDLL(None).signal(number, 1)


def _hooks() -> None:
    sys.excepthook = lambda *told: os._exit(9)
    threading.excepthook = lambda told: os._exit(9)
    sys.unraisablehook = lambda told: os._exit(9)


def _limits() -> None:
    sys.setrecursionlimit(600)
    sys.setswitchinterval(5.0)
    gc.disable()


def _threads() -> None:
    for _ in range(3):
        threading.Thread(target=lambda: time.sleep(600), daemon=False).start()


DEEDS: Mapping[str, Callable[[], object]] = {
    "comma": _comma,
    "elsewhere": _elsewhere,
    "talk": _talk,
    "close": lambda: (sys.stdout.close(), sys.stderr.close()),
    "mask": lambda: os.umask(0o077),
    "warnings": lambda: warnings.simplefilter("error"),
    "numpy": lambda: np.seterr(all="raise"),
    "hooks": _hooks,
    "limits": _limits,
    "alarm": _alarm,
    "signals": _signals,
    "threads": _threads,
    "locks": lambda: os.environ.update(TMPDIR="/nowhere", HIL_DATABASE="sqlite:///other.db"),
}


class Kind:
    """``kind = "hostile"`` with ``deeds``, done at every call, at loading and at opening."""

    def options(self, table: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
        for deed in table["deeds"]:
            if deed not in ("threads", "alarm"):
                DEEDS[deed]()
        return table

    def resources(self, options: Mapping[str, Any]) -> tuple[str, ...]:
        return ()

    def open(self, options: Mapping[str, Any]) -> Connection:
        small = {"seed": 1, "height_px": 64, "width_px": 64, "scene_um": 60.0}
        connection = MICROSCOPE.open(MICROSCOPE.options(small, Path()))
        deeds = [DEEDS[name] for name in options["deeds"]]
        for once in {_threads, _signals} & {*deeds}:
            deeds.remove(once)
            once()
        for device in connection.devices.values():
            for call in ("start", "settle", "read", "stop", "capture"):
                if hasattr(device, call):
                    _spoil(device, call, deeds)
        connection.devices = MappingProxyType(dict(connection.devices))
        return connection


def _spoil(device: Device, call: str, deeds: list[Callable[[], object]]) -> None:
    real = getattr(device, call)

    def work(*arguments: Any) -> Any:
        found = real(*arguments)
        for deed in deeds:
            deed()
        return found

    setattr(device, call, work)


KIND = Kind()
