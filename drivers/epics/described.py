"""What clients of both protocols say of process variables, and how they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

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

    def write(self, name: str, value: float | int | str, done: Callable[[], None]) -> None:
        """Write a value, and return; ``done`` is called from another thread when it was processed.

        What a server makes of it later, `require` tells.
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
    """Give what lies within all limits; a pair of which one is not below the other states none."""
    pairs = [(low, high) for low, high in stated if low < high]
    if not pairs:
        return None, None
    return float(max(low for low, _ in pairs)), float(min(high for _, high in pairs))
