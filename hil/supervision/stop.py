"""Ctrl-C, termination and a closed terminal, heard as a wish to stop in good order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

# What asks a process to end, and in which words that is written down.
ENDS = {
    "SIGINT": "Ctrl-C",
    "SIGTERM": "terminated",
    "SIGBREAK": "Ctrl-Break",
    "SIGHUP": "the terminal was closed",
}
# Libraries set themselves alarms, and break pipes; nobody wishes an end by that.
_NO_END = ("SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2", "SIGPIPE")
# Ctrl-C again so soon after a stop was heard is the same wish.
_SAME_WISH_S = 2.0

_heard_s = -_SAME_WISH_S


def note_heard() -> None:
    """Note that a wish to stop has been heard just now."""
    global _heard_s
    _heard_s = time.monotonic()


def heard_lately() -> bool:
    """Whether a wish to stop was heard so lately that another one is the same."""
    return time.monotonic() - _heard_s < _SAME_WISH_S


def _mean_no_end() -> dict[int, Any]:
    """Have signals that mean no end do nothing, where nobody hears them; give their handlers."""
    found: dict[int, Any] = {}
    for number in (getattr(signal, name) for name in _NO_END if hasattr(signal, name)):
        handler = signal.getsignal(number)
        if handler == signal.SIG_DFL:
            handler = _do_nothing  # which, unlike SIG_IGN, no child process inherits
        if handler in (_do_nothing, signal.SIG_IGN):
            signal.signal(number, handler)
            found[number] = handler
    return found


def _do_nothing(number: int, frame: FrameType | None) -> None:
    pass


class Signals:
    """Hears the system's signals, as a context manager: outside of it they do what they did before.

    Outside the main thread, where Python hears no signals, nothing changes; nor for a closed
    terminal that this process was started to ignore, as ``nohup`` does. Who sends it one of the
    others means it, even where it runs in a script's background.

    A signal that was heard is heard to the end of the ``with`` block: whoever presses Ctrl-C again
    does not keep devices from being closed.

    Parameters
    ----------
    ctrl_c
        Whether Ctrl-C is heard as well; else it is what Python makes of it.
    """

    def __init__(self, *, ctrl_c: bool = True) -> None:
        self._ctrl_c = ctrl_c
        self._before: dict[int, Any] = {}
        self._ours: dict[int, Any] = {}
        self._press: Callable[[str], None] | None = None
        self._heard = False

    def __enter__(self) -> Self:
        """Hear no alarm that a device's library has set itself: for good, it may ring later."""
        if threading.current_thread() is threading.main_thread():
            self._ours = _mean_no_end()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hear no more."""
        self._restore()

    @contextmanager
    def pressing(self, press: Callable[[str], None]) -> Iterator[None]:
        """Call ``press`` with the reason when the system asks this process to end."""
        self._press = press
        self._listen()
        try:
            yield
        finally:
            self._press = None
            if not self._heard:
                self._restore()

    def listen_again(self) -> None:
        """Hear them also where a device's library has begun to; from the main thread."""
        if self._ours and threading.current_thread() is threading.main_thread():
            for number, handler in self._ours.items():
                signal.signal(number, handler)

    def _listen(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        numbers = {getattr(signal, n): why for n, why in ENDS.items() if hasattr(signal, n)}

        def handle(number: int, frame: FrameType | None) -> None:
            self._heard = True
            note_heard()
            if self._press is not None:
                self._press(numbers[number])

        ours: dict[int, Any] = {
            number: handle
            for number, why in numbers.items()
            if (self._ctrl_c or why != ENDS["SIGINT"])
            and (why != ENDS["SIGHUP"] or signal.getsignal(number) != signal.SIG_IGN)
        }
        before = {number: signal.signal(number, handler) for number, handler in ours.items()}
        self._before = before | self._before
        self._ours |= ours

    def _restore(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number, handler in self._before.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
            self._before = {}
            self._ours = _mean_no_end()


@contextmanager
def stop_on_signals(press: Callable[[str], None], *, ctrl_c: bool = True) -> Iterator[None]:
    """Call ``press`` with the reason when the system asks this process to end; see `Signals`."""
    with Signals(ctrl_c=ctrl_c) as signals, signals.pressing(press):
        yield


class StopSwitch:
    """How a signal handler, or another thread, asks the loop to end."""

    def __init__(self) -> None:
        self.reason = ""

    def press(self, reason: str) -> None:
        """Ask for the end; the first reason stays."""
        self.reason = self.reason or reason
