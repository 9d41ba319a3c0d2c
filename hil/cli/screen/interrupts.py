"""Ctrl-C, and what else asks for an end, where nothing moves: raised at once, but not anywhere.

It is raised as KeyboardInterrupt, whether a person pressed Ctrl-C, the process is terminated or its
terminal is closed: devices that are open are closed, locks and leases are given back, and no
session is left RUNNING. But it never cuts off what has to be done as a whole.

Python raises it wherever it is: while a module is half imported, while devices are being closed, in
a call-back of the garbage collector, which prints it and goes on. Here it waits for the end of such
a thing, and what has been swallowed comes again. While a rig moves, `hil.supervision.stop` hears it
instead.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from hil.supervision.stop import ENDS, heard_lately, note_heard

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_AGAIN_S = 0.05
# What has to be done as a whole is not waited for without end.
_LONGEST_S = 10.0
_WHOLE = frozenset({"__exit__", "__del__", "_run_exitfuncs"})
_BY_DEFAULT = (signal.default_int_handler, signal.SIG_DFL)
_IMPORTS = ("importlib._bootstrap", "_frozen_importlib")


@contextmanager
def safe_interrupts(*, to_the_end: bool = False) -> Iterator[None]:
    """Hear them so within a ``with`` block; on the main thread, and only what was heard before.

    Who was started to ignore one of them, as by ``nohup``, goes on ignoring it; a handler that
    somebody else has set stays.

    Parameters
    ----------
    to_the_end
        Whether the program ends after the block: then there is nothing left to be cut off, and
        they are ignored.
    """
    heard: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in ENDS if hasattr(signal, name)]
        heard = {n: h for n in numbers if (h := signal.getsignal(n)) in _BY_DEFAULT}
    if not heard:
        yield
        return
    interrupts = _Interrupts(sys.unraisablehook)
    hook, sys.unraisablehook = sys.unraisablehook, interrupts.swallowed
    for number in heard:
        signal.signal(number, interrupts.hear)
    try:
        yield
    finally:
        interrupts.over = True
        for number, before in heard.items():
            # by the system itself: handlers of Python's do not live to the very end
            signal.signal(number, signal.SIG_IGN if to_the_end else before)
        if not to_the_end:
            sys.unraisablehook = hook


class _Interrupts:
    def __init__(self, otherwise: Callable[[UnraisableHookArgs], object]) -> None:
        self._waits_since_s: float | None = None
        self._number = signal.SIGINT
        self._otherwise = otherwise
        self.over = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt, now or later; the same wish again changes nothing."""
        now_s = time.monotonic()
        if self.over or (self._waits_since_s is None and heard_lately()):
            return
        self._number = signal.Signals(number)
        since_s = self._waits_since_s if self._waits_since_s is not None else now_s
        if _is_whole(frame) and now_s - since_s < _LONGEST_S:
            if self._waits_since_s is None:
                self._waits_since_s = now_s
            self._come_again()
            return
        self._waits_since_s = None
        note_heard()
        raise KeyboardInterrupt(ENDS[self._number.name])

    def swallowed(self, told: UnraisableHookArgs) -> None:
        """Have a wish come again that was raised where Python cannot pass it on."""
        if issubclass(told.exc_type, KeyboardInterrupt):
            self._waits_since_s = time.monotonic()
            self._come_again()
        else:
            self._otherwise(told)

    def _come_again(self) -> None:
        # Not by `threading`, whose locks the interrupted code may hold.
        _thread.start_new_thread(self._after_a_while, ())

    def _after_a_while(self) -> None:
        time.sleep(_AGAIN_S)
        if not self.over:
            _thread.interrupt_main(self._number)


def _is_whole(frame: FrameType | None) -> bool:
    """Whether what is being done here has to be done as a whole."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if frame.f_code.co_name in _WHOLE or name.startswith(_IMPORTS):
            return True
        frame = frame.f_back
    return False
