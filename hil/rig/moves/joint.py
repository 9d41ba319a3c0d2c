"""Limits that span several settings, at a point and over a box.

z       : values of the settings, in the limit's order
[l, h]  : a box of them: settings that move at the same time are anywhere in it
B, f    : rows of ``B z + f``, with a lowest and a highest value each

A linear row is largest on a box where each setting lies at the end that its sign says; magnitudes
are largest at the end farther from zero. So what holds on a box is known exactly, without its
corners, and every order in which the settings of one command move is covered.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from drivers.types import Value

Floats: TypeAlias = NDArray[np.float64]

# Sums of decimal numbers are off by their rounding.
_ROUNDING = 1e-9


class JointLimit(Protocol):
    """A bound on several settings at once.

    Attributes
    ----------
    settings
        Canonical names, in the order of values.
    key
        Where in the rig file.
    """

    @property
    def settings(self) -> tuple[str, ...]:
        """Canonical names."""
        ...

    @property
    def key(self) -> str:
        """Where in the rig file."""
        ...

    def excess(self, lows: Floats, highs: Floats) -> Floats:
        """How far each of its bounds is passed somewhere in a box; at most 0 where it holds."""
        ...

    def allowance(self, tolerances: Floats) -> Floats:
        """How far it may seem to be passed because values are only known so well."""
        ...

    def words(self, values: Floats) -> str:
        """Say what it comes to, and what is allowed."""
        ...


@dataclass(frozen=True)
class RowsLimit:
    """Bounds on linear combinations: a sum, or the actuators behind a mirror's modes.

    Parameters
    ----------
    settings, key
        See `JointLimit`.
    matrix
        B, (rows, settings).
    offset
        f, (rows,).
    lows, highs
        Bounds of each row, (rows,); infinite for none.
    row
        What a row is called, empty if there is one.
    """

    settings: tuple[str, ...]
    key: str
    matrix: Floats
    offset: Floats
    lows: Floats
    highs: Floats
    row: str = ""

    @cached_property
    def _parts(self) -> tuple[Floats, Floats]:
        return np.maximum(self.matrix, 0.0), np.minimum(self.matrix, 0.0)

    @cached_property
    def _rounding(self) -> tuple[Floats, Floats]:
        ends = []
        for bounds in (self.lows, self.highs):
            size = np.where(np.isfinite(bounds), np.abs(bounds), 0.0)
            ends.append(_ROUNDING * np.maximum(size, 1e-3))
        return ends[0], ends[1]

    def excess(self, lows: Floats, highs: Floats) -> Floats:
        """How far each row is above its highest, then how far below its lowest."""
        positive, negative = self._parts
        most = positive @ highs + negative @ lows + self.offset
        least = positive @ lows + negative @ highs + self.offset
        below, above = self._rounding
        return np.concatenate([most - self.highs - above, self.lows - least - below])

    def allowance(self, tolerances: Floats) -> Floats:
        """Give what the rows may be off by, twice: for both their ends."""
        each = np.abs(self.matrix) @ tolerances
        return np.concatenate([each, each])

    def words(self, values: Floats) -> str:
        """Say what the row that is passed most comes to."""
        amounts = self.matrix @ values + self.offset
        passed = np.maximum(amounts - self.highs, self.lows - amounts)
        worst = int(np.argmax(passed))
        amount, low, high = amounts[worst], self.lows[worst], self.highs[worst]
        what = f"{self.row} {worst}" if self.row else "sum"
        bound = f"at most {high:g}" if amount - high >= low - amount else f"at least {low:g}"
        return f"{what} of {_listed(self.settings)} is {amount:g}, allowed: {bound}"


@dataclass(frozen=True)
class SizeLimit:
    """A bound on the magnitudes of settings: their sum, or the root of their summed squares.

    Parameters
    ----------
    settings, key
        See `JointLimit`.
    rule
        ``"sum_abs"`` or ``"norm"``.
    high
        The largest allowed.
    """

    settings: tuple[str, ...]
    key: str
    rule: str
    high: float

    def excess(self, lows: Floats, highs: Floats) -> Floats:
        """How far it is above its highest."""
        amount = self._amount(np.maximum(np.abs(lows), np.abs(highs)))
        return np.array([amount - self.high - _ROUNDING * max(self.high, 1e-3)])

    def allowance(self, tolerances: Floats) -> Floats:
        """Give what it may be off by."""
        return np.array([self._amount(tolerances)])

    def words(self, values: Floats) -> str:
        """Say what it comes to."""
        amount = self._amount(np.abs(values))
        return f"{self.rule} of {_listed(self.settings)} is {amount:g}, allowed: at most" + (
            f" {self.high:g}"
        )

    def _amount(self, sizes: Floats) -> float:
        return float(sizes.sum()) if self.rule == "sum_abs" else math.hypot(*sizes.tolist())


def problem(limit: JointLimit, values: Mapping[str, Value]) -> str:
    """Say how values (of all the limit's settings) pass it; empty if they do not.

    Parameters
    ----------
    limit
        Any.
    values
        By canonical name; others are ignored.
    """
    point = vector(limit, values)
    if not np.isfinite(point).all():
        return f"{_listed(limit.settings)} are not all numbers"
    return limit.words(point) if (limit.excess(point, point) > 0).any() else ""


def vector(limit: JointLimit, values: Mapping[str, Any]) -> Floats:
    """Give values in a limit's order."""
    return np.array([float(values[name]) for name in limit.settings])


def touched(limits: Sequence[JointLimit], names: Mapping[str, Any]) -> list[JointLimit]:
    """Select the limits that span any of some settings."""
    return [limit for limit in limits if not names.keys().isdisjoint(limit.settings)]


def _listed(names: tuple[str, ...]) -> str:
    if len(names) <= 6:
        return ", ".join(names)
    return f"{', '.join(names[:2])}, ... {names[-1]}"
