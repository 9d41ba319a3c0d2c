"""Ctrl-C, termination and a closed terminal, heard as a wish to stop in good order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_WHY = {
    "SIGINT": "Ctrl-C",
    "SIGTERM": "terminated",
    "SIGBREAK": "Ctrl-Break",
    "SIGHUP": "the terminal was closed",
}


@contextmanager
def stop_on_signals(press: Callable[[str], None], *, ctrl_c: bool = True) -> Iterator[None]:
    """Call ``press`` with the reason when the system asks this process to end.

    Outside the main thread, where Python hears no signals, nothing changes; nor for a closed
    terminal that this process was started to ignore, as ``nohup`` does. Who sends it one of the
    others means it, even where it runs in a script's background. Without ``ctrl_c`` Ctrl-C is what
    Python makes of it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = {getattr(signal, name): why for name, why in _WHY.items() if hasattr(signal, name)}

    def handle(number: int, frame: FrameType | None) -> None:
        press(numbers[number])

    heard = [
        number
        for number, why in numbers.items()
        if (ctrl_c or why != _WHY["SIGINT"])
        and (why != _WHY["SIGHUP"] or signal.getsignal(number) != signal.SIG_IGN)
    ]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class StopSwitch:
    """How a signal handler, or another thread, asks the loop to end."""

    def __init__(self) -> None:
        self.reason = ""

    def press(self, reason: str) -> None:
        """Ask for the end; the first reason stays."""
        self.reason = self.reason or reason
