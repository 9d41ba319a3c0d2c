"""What of this process is not a driver's to change: undone after each call into one.

A vendor's library changes into its own folder, sets the locale to a decimal comma, makes warnings
errors or closes standard output, and all else in the program has to live with it: names of files
that lead elsewhere, numbers that read otherwise, a night that ends by a warning of somebody else's.
"""

from __future__ import annotations

import gc
import locale
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from types import TracebackType
from typing import Any, Self, TextIO

from hil.locks.descriptors import OUTPUTS
from hil.locks.kept_open import KEPT_OPEN

if sys.platform != "win32":
    import resource

    _GRANTED = (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_AS)


class _State:
    """How the process is while no driver is at work."""

    def __init__(self) -> None:
        self.folder = _folder()
        self.locale = locale.setlocale(locale.LC_ALL)
        self.filters = list(warnings.filters)
        self.hooks = (sys.excepthook, sys.unraisablehook, threading.excepthook)
        self.limits = (sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled())
        self.streams = (sys.stdout, sys.stderr)
        self.resources = _resources()

    def restore(self) -> None:
        if (now := _resources()) != self.resources:  # or no file may be opened, or grow
            _allow(self.resources, now)
        if self.folder and _folder() != self.folder:
            with suppress(OSError):  # it is gone
                os.chdir(self.folder)
        if locale.setlocale(locale.LC_ALL) != self.locale:
            locale.setlocale(locale.LC_ALL, self.locale)
        if warnings.filters != self.filters:  # what is to be ignored besides may stay so
            new = [e for e in warnings.filters if e[0] == "error" and e not in self.filters]
            for entry in new:
                warnings.filters.remove(entry)  # type: ignore[attr-defined]
        if (sys.excepthook, sys.unraisablehook, threading.excepthook) != self.hooks:
            sys.excepthook, sys.unraisablehook, threading.excepthook = self.hooks
        if (sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled()) != self.limits:
            sys.setrecursionlimit(self.limits[0])
            sys.setswitchinterval(self.limits[1])
            (gc.enable if self.limits[2] else gc.disable)()
        _OWN.restore()
        for name, before in zip(("stdout", "stderr"), self.streams, strict=True):
            # One that was replaced stays: by whom nobody knows, and it can be written to.
            if (now := getattr(sys, name)) is None or now.closed:
                setattr(sys, name, _reopened(name) if before is None or before.closed else before)


class _Own:
    """What there is one of, for the life of the process: who may read what it writes."""

    def __init__(self) -> None:
        self._umask: int | None = None

    def remember(self) -> None:
        """Look while no driver is at work: to be told the mask, one has to set it."""
        os.umask(mask := os.umask(0o077))
        self._umask = mask

    def restore(self) -> None:
        if self._umask is not None:
            os.umask(self._umask)
        OUTPUTS.put_back()


_OWN = _Own()
_GUARD = threading.Lock()
_at_work: set[ProcessKept] = set()
_before: _State | None = None


class ProcessKept:
    """Undoes, after a ``with`` block of somebody else's code, what it changed of the process.

    Blocks may overlap in several threads: what holds is how it was before the first of them.
    """

    def __enter__(self) -> Self:
        """See how it is."""
        global _before
        KEPT_OPEN.check()
        with _GUARD:
            if not _at_work or _before is None:
                _before = _State()
                OUTPUTS.keep()
            _at_work.add(self)
            self._kept = _before
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Have it so again."""
        with _GUARD:
            if self in _at_work:
                _at_work.remove(self)
                self._kept.restore()
        KEPT_OPEN.check()

    def leave_behind(self) -> None:
        """Wait for the end of the block no longer: it may come when all else has changed."""
        with _GUARD:
            _at_work.discard(self)


@contextmanager
def process_kept_while_loading() -> Iterator[None]:
    """Do the same while a driver is loaded and has its options checked, on the main thread."""
    with _GUARD:
        if not _at_work:
            _OWN.remember()
    main = threading.current_thread() is threading.main_thread()
    numbers = _numpy_errors()
    signals = {n: signal.getsignal(n) for n in signal.valid_signals()} if main else {}
    try:
        # What it prints is nothing that somebody else's program is to read.
        with ProcessKept(), redirect_stdout(sys.stderr):
            yield
    finally:
        _restore_numpy(numbers)
        for number, handler in signals.items():
            if handler is not None and signal.getsignal(number) != handler:
                signal.signal(number, handler)


def _reopened(name: str) -> TextIO:
    number = {"stdout": 1, "stderr": 2}[name]
    return open(number, "w", encoding="utf-8", errors="replace", closefd=False, buffering=1)


def _numpy_errors() -> dict[str, Any]:
    numpy = sys.modules.get("numpy")
    return {} if numpy is None else dict(numpy.geterr())


def _restore_numpy(errors: dict[str, Any]) -> None:
    numpy = sys.modules.get("numpy")
    if numpy is not None and errors and numpy.geterr() != errors:
        numpy.seterr(**errors)


def _resources() -> tuple[tuple[int, int], ...]:
    """Tell what the system grants this process: how many files, how long, how much memory."""
    if sys.platform == "win32":
        return ()
    return tuple([resource.getrlimit(number) for number in _GRANTED])


def _allow(before: tuple[tuple[int, int], ...], now: tuple[tuple[int, int], ...]) -> None:
    """Be content with as much as before again; what has been given up for good is gone."""
    if sys.platform == "win32":
        return
    for number, (wanted, _), (soft, hard) in zip(_GRANTED, before, now, strict=True):
        if soft != wanted:
            endless = resource.RLIM_INFINITY
            beyond = hard != endless and (wanted == endless or wanted > hard)
            with suppress(ValueError, OSError):
                resource.setrlimit(number, (hard if beyond else wanted, hard))


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it is gone, and none of ours
        return ""
