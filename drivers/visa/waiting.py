"""PySerial and PyVISA-py wait with `select`, which knows no descriptor from 1,024 on; `poll` does.

A process that serves many cameras, databases and pages may hold more files than that. The
libraries offer no sound choice (PySerial's own port by `poll` fails at its first time-out), so
their name ``select`` is given a stand-in that polls where, and only where, `select.select` refuses.
"""

from __future__ import annotations

import importlib
import math
import select
from collections.abc import Iterable
from typing import Any

# Where a library asks for `select.select` by the module's name.
_WAITING = (
    "serial.serialposix",
    "pyvisa_py.tcpip",
    "pyvisa_py.prologix",
    "pyvisa_py.protocols.rpc",
)


class WideSelect:
    """What the module `select` offers, with a `select` for any number of open files."""

    def __getattr__(self, name: str) -> Any:
        return getattr(select, name)

    def select(
        self,
        readers: Iterable[Any],
        writers: Iterable[Any],
        odd: Iterable[Any],
        timeout_s: float | None = None,
    ) -> tuple[list[Any], list[Any], list[Any]]:
        """Wait until one can be read or written, as `select.select` does.

        Raises
        ------
        OSError, ValueError
        """
        asked = (list(readers), list(writers), list(odd))
        try:
            return select.select(*asked, timeout_s)
        except ValueError:  # a descriptor too high, or none at all
            if not hasattr(select, "poll") or any(
                _number(one) < 0 for ones in asked for one in ones
            ):
                raise
        return _poll(asked, timeout_s)


def wait_widely() -> None:
    """Let the libraries that are installed wait on any descriptor. Safe to call again."""
    if not hasattr(select, "poll"):
        return  # Windows counts sockets, whatever their numbers
    for name in _WAITING:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if getattr(module, "select", None) is select:
            module.select = WideSelect()  # type: ignore[attr-defined]


def _number(one: Any) -> int:
    number: int = one if isinstance(one, int) else one.fileno()
    return number


def _poll(
    asked: tuple[list[Any], list[Any], list[Any]], timeout_s: float | None
) -> tuple[list[Any], list[Any], list[Any]]:
    """As `select.select`; what hung up or failed can be read and written, which tells why."""
    ended = select.POLLHUP | select.POLLERR
    events = (select.POLLIN, select.POLLOUT, select.POLLPRI)
    wanted: dict[int, int] = {}
    for ones, event in zip(asked, events, strict=True):
        for one in ones:
            wanted[_number(one)] = wanted.get(_number(one), 0) | event
    poll = select.poll()
    for number, mask in wanted.items():
        poll.register(number, mask)
    seen = dict(poll.poll(None if timeout_s is None else math.ceil(max(0.0, timeout_s) * 1000)))
    if any(mask & select.POLLNVAL for mask in seen.values()):
        raise OSError("a file was closed while it was waited for")
    found = [
        [one for one in ones if seen.get(_number(one), 0) & (event | also)]
        for ones, event, also in zip(asked, events, (ended, ended, 0), strict=True)
    ]
    return found[0], found[1], found[2]
