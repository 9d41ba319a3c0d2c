"""Conditions as people type them: ``LEFT OPERATOR RIGHT``.

``Z.position_um > 10``, ``state = COMPLETE``, ``tags = night``, ``reason ~ timeout``. The left side
is the longest known name that the text begins with: labels may hold spaces, dots and operators.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from hil.errors import InputError, nearest

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~"]

# Longest first: "<=" must not be read as "<".
OPERATORS: tuple[Operator, ...] = ("!=", "<=", ">=", "=", "<", ">", "~")

_OPERATOR = re.compile("|".join(re.escape(operator) for operator in OPERATORS))


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, split but not yet understood.

    Parameters
    ----------
    left
        A known name.
    operator
        ``~`` means "contains", without regard to case.
    right
        What stands to the right, without quotes.
    text
        The whole, for messages.
    """

    left: str
    operator: Operator
    right: str
    text: str

    def number(self) -> float:
        """Read the right side as a number.

        Raises
        ------
        InputError
        """
        value = as_number(self.right)
        if value is None:
            raise self.wrong(f"{self.right!r} is not a number")
        return value

    def time(self) -> datetime:
        """Read the right side as a date or a time; UTC unless it names another zone.

        Raises
        ------
        InputError
        """
        try:
            time = datetime.fromisoformat(self.right)
        except ValueError:
            raise self.wrong(
                f"{self.right!r} is not a time, allowed: 2026-01-31 or 2026-01-31T12:00:00"
            ) from None
        try:
            return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        except OverflowError:
            raise self.wrong(f"{self.right!r} is beyond the calendar") from None

    def refuse_operator(self, *allowed: Operator) -> None:
        """Raise the InputError of an operator that ``left`` does not take, if it is one."""
        if self.operator not in allowed:
            raise self.wrong(f"{self.left} takes no {self.operator}, allowed: {' '.join(allowed)}")

    def wrong(self, problem: str) -> InputError:
        """Make the error that points at this condition."""
        return InputError("--where", self.text, problem)


def as_number(text: str) -> float | None:
    """Read a finite number; None if it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def parse(text: str, known: Collection[str]) -> Condition:
    """Split a condition at the operator after the longest known name.

    Parameters
    ----------
    known
        Names of settings and columns.

    Raises
    ------
    InputError
        There is no operator, nothing to its right, or the name is unknown; says the nearest.
    """
    stripped = text.strip()
    for name in sorted(known, key=len, reverse=True):
        for written in (name, f'"{name}"'):
            if not stripped.startswith(written):
                continue
            match = _OPERATOR.match(rest := stripped[len(written) :].lstrip())
            if match is not None:
                right = _unquoted(rest[match.end() :].strip())
                if right is None:
                    raise InputError("--where", stripped, f"nothing to the right of {match[0]}")
                return Condition(name, cast(Operator, match[0]), right, stripped)
    match = _OPERATOR.search(stripped)
    if match is None:
        raise InputError("--where", stripped, f"no operator, allowed: {' '.join(OPERATORS)}")
    left = stripped[: match.start()].strip().strip('"')
    raise InputError("--where", stripped, f"unknown name {left!r}, {nearest(left, known)}")


def _unquoted(text: str) -> str | None:
    """Take quotes off; None where there is nothing, which quotes can say is meant."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text or None
