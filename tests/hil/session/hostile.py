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
from tests.hil.small_session import RIG

PLAIN = 'kind = "sim.microscope"\nseed = 1\nheight_px = 64\nwidth_px = 64\nscene_um = 60\n'
# The program, which knows the kind.
PROGRAM = """
import sys
from hil.rig import driver_kinds
driver_kinds.BUILT_IN["hostile"] = "tests.hil.session.hostile:KIND"
from hil.cli.main import main
main()
"""


def hostile(*deeds: str) -> str:
    """Give the small rig's file with such a driver."""
    assert PLAIN in RIG
    return RIG.replace(PLAIN, f'kind = "hostile"\ndeeds = {list(deeds)}\n')


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


def _close() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.close()


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


def _descriptors() -> None:
    """As a library in C does that makes itself a daemon."""
    for number in (0, 1, 2):
        with suppress(OSError):
            os.close(number)


def _redirect() -> None:
    """Have all that is printed go to a log of its own."""
    with open(os.devnull, "wb") as log:
        for number in (1, 2):
            os.dup2(log.fileno(), number)


def _no_streams() -> None:
    sys.stdout = sys.stderr = sys.stdin = None  # type: ignore[assignment]


def _chatter() -> None:
    import logging

    logging.disable(logging.CRITICAL)
    logging.root.setLevel(logging.DEBUG)
    logging.basicConfig(force=True, stream=sys.stdout)
    logging.raiseExceptions = True


def _seeds() -> None:
    import random

    random.seed(0)
    np.random.seed(0)


def _trace() -> None:
    sys.settrace(lambda *told: None)
    sys.setprofile(lambda *told: None)
    threading.settrace(lambda *told: None)


def _environment() -> None:
    for name in ("HOME", "PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "OMP_NUM_THREADS"):
        os.environ[name] = "/nowhere"


def _path() -> None:
    sys.path[:0] = ["/nowhere"]
    sys.path_importer_cache.clear()


def _files() -> None:
    """So few may be open that none can be opened."""
    if os.name == "posix":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, most))


def _size() -> None:
    """No file may grow."""
    if os.name == "posix":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, most))


def _affinity() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _threads() -> None:
    for _ in range(3):
        threading.Thread(target=lambda: time.sleep(600), daemon=False).start()


DEEDS: Mapping[str, Callable[[], object]] = {
    "comma": _comma,
    "elsewhere": _elsewhere,
    "talk": _talk,
    "close": _close,
    "descriptors": _descriptors,
    "redirect": _redirect,
    "no streams": _no_streams,
    "chatter": _chatter,
    "seeds": _seeds,
    "trace": _trace,
    "environment": _environment,
    "path": _path,
    "files": _files,
    "size": _size,
    "affinity": _affinity,
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


_within = threading.local()


def _spoil(device: Device, call: str, deeds: list[Callable[[], object]]) -> None:
    """Do deeds after a call; not within one, where the driver would suffer itself."""
    real = getattr(device, call)

    def work(*arguments: Any) -> Any:
        if getattr(_within, "call", ""):
            return real(*arguments)
        _within.call = call
        try:
            found = real(*arguments)
            if call == "capture":
                found = iter(list(found))
        finally:
            _within.call = ""
        for deed in deeds:
            deed()
        return found

    setattr(device, call, work)


KIND = Kind()
