"""A controller in a process of its own, under a host's name and with a clock of its own.

All are forked from one process that has imported the program and done nothing else: eight that
begin at one instant take no half minute of imports. Linux and macOS alone.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.synchronize
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psutil

import hil
from hil.clock import SystemClock
from hil.errors import HilError

READY_S = 300.0
_CONTEXT = multiprocessing.get_context("forkserver")
_IMPORTED = ("hil.session.run", "hil.proposer", "hil.store", "sim.microscope", "optuna", "alembic")


@dataclass(frozen=True, slots=True)
class Orders:
    """What a controller is to do.

    Parameters
    ----------
    folder
        Where it runs, and its files lie.
    what
        ``"run"``, or ``"join"`` the newest session.
    url
        Of the database.
    host
        Under whose name; its temporary files are its own then. Empty for this computer.
    ahead_s, boot_s
        By how much its clock, and its boot time, are ahead of this computer's.
    rig
        Its rig file.
    go
        It begins once this file is there; empty for at once.
    """

    folder: str
    what: str
    url: str
    host: str
    ahead_s: float
    boot_s: float
    rig: str
    go: str


class Ahead(SystemClock):
    """A clock that is ahead."""

    def __init__(self, ahead_s: float) -> None:
        super().__init__()
        self._ahead = timedelta(seconds=ahead_s)

    def now(self) -> datetime:
        """Give the wrong time."""
        return super().now() + self._ahead


class Controller:
    """Runs as soon as it is made."""

    def __init__(self, orders: Orders) -> None:
        handle, name = tempfile.mkstemp(dir=orders.folder, prefix="said-")
        os.close(handle)
        self._said = Path(name)
        self._ready = _CONTEXT.Event()
        _CONTEXT.set_forkserver_preload([__name__, *_IMPORTED])
        self._process = _CONTEXT.Process(target=_work, args=(orders, name, self._ready))
        self._process.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Status at its end; None while it runs."""
        return self._process.exitcode

    def wait_ready(self) -> None:
        """Wait until it is there."""
        if not self._ready.wait(READY_S):
            raise TimeoutError("a controller does not start")

    def kill(self) -> None:
        """End it by force."""
        self._process.kill()

    def communicate(self) -> str:
        """Wait for its end; what it said of errors."""
        self._process.join()
        return self._said.read_text(encoding="utf-8", errors="replace")


def _work(orders: Orders, said: str, ready: multiprocessing.synchronize.Event) -> None:
    os.chdir(orders.folder)
    os.dup2(os.open(said, os.O_WRONLY | os.O_APPEND), 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if orders.host:
        own = str(Path(orders.folder, f"tmp of {orders.host}"))
        os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP", "HIL_LOCKS"), own))
        tempfile.tempdir = None
        platform.node = lambda: orders.host
    if orders.boot_s and sys.platform == "linux":
        read = psutil._pslinux.boot_time  # noqa: SLF001
        psutil._pslinux.boot_time = lambda: read() + orders.boot_s  # noqa: SLF001
    ready.set()
    while orders.go and not Path(orders.go).exists():
        time.sleep(0.001)
    _run(orders)


def _run(orders: Orders) -> None:
    clock = Ahead(orders.ahead_s)
    try:
        if orders.what == "run":
            hil.run_session("session.toml", orders.url, rig=orders.rig, clock=clock)
        else:
            hil.resume_session("last", orders.url, rig=orders.rig, join=True, clock=clock)
    except HilError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)
