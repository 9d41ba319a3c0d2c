"""What clients of both protocols say of process variables, and how they are asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from drivers.errors import DeviceFault, DeviceLost

SEVERITIES = ("no alarm", "minor", "major", "invalid")
PVA = "pva://"
"""Before the name of a variable that is asked by PV Access; by Channel Access without it."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a record says of a process variable.

    Parameters
    ----------
    kind
        ``"float"``, ``"int"``, ``"enum"`` or ``"text"``.
    low, high
        Its limits, those of control within those of display; None where it states none.
    choices
        Of an enumeration.
    writable
        Whether it may be written from here, as far as the protocol says so beforehand.
    count
        How many values it holds at most: more than one for a waveform.
    unit
        As the record says it; empty for none.
    """

    kind: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    writable: bool
    count: int = 1
    unit: str = ""


class Variables(Protocol):
    """Process variables, connected by name; all but ``close`` raises of the DriverError tree."""

    def describe(self, name: str) -> Described:
        """Ask what a variable is, with the limits that its record states now."""
        ...

    def read(self, name: str) -> float | int | str:
        """Ask for a value: a number, text, or the index of an enumeration."""
        ...

    def read_array(self, name: str, count: int) -> Any:
        """Ask for the first values of an array, a numpy array or a list."""
        ...

    def write(
        self, name: str, value: float | int | str, done: Callable[[], None], after: str = ""
    ) -> None:
        """Write a value, and return; ``done`` is called from another thread when it was processed.

        What `write_soon` wrote to ``after``, its stop say, is performed before. What a server makes
        of it later, `require` tells.
        """
        ...

    def require(self, name: str) -> None:
        """See that a variable is connected now, and that its last write was not refused."""
        ...

    def write_soon(self, name: str, value: int) -> None:
        """Write without waiting, from any thread. Never raises."""
        ...

    def close(self) -> None:
        """Let go. Safe to call twice."""
        ...


def narrowest(stated: Iterable[tuple[float, float]]) -> tuple[float | None, float | None]:
    """Give what lies within all limits; a pair of which one is not below the other states none.

    Nor does an end that is infinite.
    """
    pairs = [(float(low), float(high)) for low, high in stated if low < high]
    lows = [low for low, _ in pairs if math.isfinite(low)]
    highs = [high for _, high in pairs if math.isfinite(high)]
    return max(lows, default=None), min(highs, default=None)


def nobody_answers(label: str, missing: Sequence[str], timeout_s: float) -> DeviceLost:
    """Give the error of variables that were not found, of which there is one at least."""
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    problem = f"no server answers for {', '.join(missing[:3])}{more}"
    return DeviceLost(label, f"{problem} within {timeout_s:g} s")


def in_alarm(label: str, name: str, severity: int, why: str) -> DeviceFault:
    """Give the error of a value that its record says is not sound."""
    problem = f"{name} is in alarm: {SEVERITIES[min(severity, len(SEVERITIES) - 1)]}"
    return DeviceFault(label, f"read {name}", f"{problem}, {why}" if why else problem)


def silent(label: str, name: str, timeout_s: float) -> DeviceLost:
    """Give the error of a variable that is connected and says nothing."""
    return DeviceLost(label, f"{name} did not answer within {timeout_s:g} s")


def refused(label: str, action: str, error: Exception) -> DeviceFault:
    """Give the error of what a client raised, in one line."""
    return DeviceFault(label, action, (str(error).splitlines() or [type(error).__name__])[0])
