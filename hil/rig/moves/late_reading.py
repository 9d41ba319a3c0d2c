"""Read-backs that come late: a device has arrived, and for a while says where it was before.

Only what a delay explains is read again: the value from before the move, or values on the way from
it that come nearer and nearer. Everything else, what is no number among it, is judged at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drivers.types import Value
from hil.rig.agreement import agrees

# So often is a device asked that may be late.
_EVERY_S = 0.02


class _Course:
    """What one setting reads, from where it was to where it is to be."""

    def __init__(self, old: Value | None, wanted: Value, tolerance: float, first: Value) -> None:
        self.seen = first
        self._wanted, self._tolerance = wanted, tolerance
        there = agrees(wanted, first, tolerance)
        moves = old is not None and not agrees(wanted, old, tolerance)
        self._stays = moves and old is not None and agrees(old, first, tolerance)
        self.late = not there and (self._stays or (moves and _between(old, first, wanted)))

    def follow(self, value: Value) -> None:
        """Take the next reading; one that jumps there from nowhere was no delay."""
        if agrees(self._wanted, value, self._tolerance):
            self.late = False
            if self._stays:
                self.seen = value
        elif value != self.seen:
            self.late = _between(self.seen, value, self._wanted)
            self.seen, self._stays = value, self.late


def _between(old: Value | None, seen: Value, wanted: Value) -> bool:
    """Whether a reading lies on the way; text and NaN do not."""
    if isinstance(old, str | None) or isinstance(seen, str) or isinstance(wanted, str):
        return False
    return min(old, wanted) < seen < max(old, wanted)


@dataclass(frozen=True)
class PatientReader:
    """How the devices are asked, canonical names.

    Parameters
    ----------
    values
        Asks for present values.
    tolerance
        How far from the request a setting may read, in its unit.
    timeout_s
        How long after the beginning of its move a setting may take.
    rest
        Waits so many seconds, or raises because all is to stop.
    may_stay
        Whether everything may stay so for a while: told what is read, and where what is late is to
        be.
    """

    values: Callable[[Sequence[str]], Mapping[str, Value]]
    tolerance: Callable[[str], float]
    timeout_s: Callable[[str], float]
    rest: Callable[[float], None]
    may_stay: Callable[[Mapping[str, Value], Mapping[str, Value]], bool]

    def read_back(
        self, before: Mapping[str, Value], wanted: Mapping[str, Value], began_s: float
    ) -> dict[str, Value]:
        """Ask where everything is, and what seems to be late again, until its time-out is over.

        Parameters
        ----------
        before
            What was read before the move; as far as it is known.
        wanted
            What the move has set.
        began_s
            When the move was begun, by `time.monotonic`.

        Raises
        ------
        DriverError, RigError
        """
        seen = dict(self.values(tuple(wanted)))
        courses = {
            name: _Course(before.get(name), wanted[name], self.tolerance(name), value)
            for name, value in seen.items()
        }
        while late := self._in_time(courses, time.monotonic() - began_s):
            if not self.may_stay(seen, {name: wanted[name] for name in late}):
                break
            self.rest(_EVERY_S)
            for name, value in self.values(late).items():
                courses[name].follow(value)
                seen[name] = courses[name].seen
        return seen

    def _in_time(self, courses: Mapping[str, _Course], age_s: float) -> list[str]:
        return [n for n, course in courses.items() if course.late and age_s < self.timeout_s(n)]
