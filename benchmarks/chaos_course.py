"""How far a part of the table is: said as it goes, and ended when its time is over.

Most parts take a night where they are tried as often as they are to be: who looks on sees how many
were tried so far, and has what there is by then, at Ctrl-C as well.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Protocol

# Who looks on is told so often, and of each that did not survive.
SAY_EVERY_S = 10.0


class Row(Protocol):
    """What is looked at of a `benchmarks.chaos_night.ChaosRow`."""

    fault: str
    tried: int
    survived: int
    problems: list[str]


class TimeIsUp(Exception):
    """The part has had its seconds; what it has tried by then counts."""


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Course:
    """Follows the rows of the part under way.

    Parameters
    ----------
    say
        Told a line at a time.
    now_s
        Seconds that never run backwards.
    """

    def __init__(
        self, say: Callable[[str], None] = _to_stderr, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._now_s = now_s
        self._ends_s = math.inf
        self._began_s = self._said_s = now_s()
        self._told = 0
        self.rows: list[Row] = []

    def begin_part(self, seconds: float = math.inf) -> None:
        """Begin another part, which is to take so many seconds."""
        self._began_s = self._said_s = self._now_s()
        self._ends_s = self._began_s + seconds
        self._told = 0
        self.rows = []

    @property
    def is_over(self) -> bool:
        """Whether the part has had its seconds."""
        return self._now_s() >= self._ends_s

    def begin(self, row: Row) -> None:
        """Note that something is tried.

        Raises
        ------
        TimeIsUp
            It is not: the part has had its seconds.
        """
        if self.is_over:
            raise TimeIsUp
        if not any(row is known for known in self.rows):
            self.rows.append(row)

    def ended(self, row: Row) -> None:
        """Say how many were tried and survived, every few seconds, and whatever did not."""
        now_s, problems = self._now_s(), sum(len(one.problems) for one in self.rows)
        if problems == self._told and now_s - self._said_s < SAY_EVERY_S:
            return
        if problems > self._told:
            self._say(f"    {row.problems[-1]}" if row.problems else "    one did not survive")
        self._said_s, self._told = now_s, problems
        tried = sum(one.tried for one in self.rows)
        survived = sum(one.survived for one in self.rows)
        self._say(f"{row.fault}: {survived} of {tried} survived, {now_s - self._began_s:.0f} s")


# One for the whole program, as there is one table.
COURSE = Course()
