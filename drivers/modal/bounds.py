"""What a vector of actuators may be: each, all together, and neighbours.

v       : (actuators,) the vector
R, l, h : rows of ``R v`` with their bounds: one for the sum, one for each pair of neighbours
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats

# Sums of decimal numbers are off by their rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class ActuatorBounds:
    """Bounds of a vector, inclusive.

    Parameters
    ----------
    low, high
        (actuators,) of each.
    unit
        Of an actuator, for messages.
    sum_low, sum_high
        Of the sum of all; infinite for none.
    sum_abs
        Largest sum of magnitudes; infinite for none.
    pairs
        (n, 2) neighbours.
    difference
        Largest between neighbours; infinite for none.
    """

    low: Floats
    high: Floats
    unit: str = ""
    sum_low: float = -np.inf
    sum_high: float = np.inf
    sum_abs: float = np.inf
    pairs: Sequence[tuple[int, int]] = ()
    difference: float = np.inf

    def __post_init__(self) -> None:
        pairs = np.array(self.pairs, dtype=np.intp).reshape(-1, 2)
        object.__setattr__(self, "_left", pairs[:, 0])
        object.__setattr__(self, "_right", pairs[:, 1])
        size = float(max(np.abs(self.low).max(), np.abs(self.high).max(), 1e-3))
        object.__setattr__(self, "_rounding", _ROUNDING * size)

    _left = _right = np.zeros(0, dtype=np.intp)
    _rounding = 0.0

    def clipped(self, vector: Floats) -> Floats:
        """Take off what is beyond the bounds of each by rounding alone."""
        return np.clip(vector, self.low, self.high)

    def problem(self, vector: Floats) -> str:
        """Say how a vector leaves the bounds; empty if it does not."""
        if not np.isfinite(vector).all():
            return f"actuator {int(np.argmin(np.isfinite(vector)))} is no finite number"
        beyond = np.maximum(vector - self.high, self.low - vector)
        worst = int(np.argmax(beyond))
        if beyond[worst] > self._rounding:
            allowed = f"{self.low[worst]:g} to {self.high[worst]:g}"
            return self._words(f"actuator {worst}", vector[worst], allowed)
        slack = self._rounding * len(vector)
        total = float(vector.sum())
        if total > self.sum_high + slack:
            return self._words("the sum of all actuators", total, f"at most {self.sum_high:g}")
        if total < self.sum_low - slack:
            return self._words("the sum of all actuators", total, f"at least {self.sum_low:g}")
        sizes = float(np.abs(vector).sum()) if np.isfinite(self.sum_abs) else 0.0
        if sizes > self.sum_abs + slack:
            return self._words("the sum of all magnitudes", sizes, f"at most {self.sum_abs:g}")
        if len(self._left) and np.isfinite(self.difference):
            apart = np.abs(vector[self._left] - vector[self._right])
            pair = int(np.argmax(apart))
            if apart[pair] > self.difference + 2 * self._rounding:
                what = f"between neighbours {self._left[pair]} and {self._right[pair]}"
                return self._words(what, apart[pair], f"at most {self.difference:g}")
        return ""

    def linear_rows(self) -> tuple[Floats, Floats, Floats, tuple[str, ...]]:
        """Give what is linear of the bounds: R, l, h and what each row is called.

        The sum of magnitudes is not among them, but where no actuator can change its sign.
        """
        n = len(self.low)
        rows, lows, highs = [np.eye(n)], [self.low], [self.high]
        names = [f"actuator {i}" for i in range(n)]
        sum_high = self.sum_high
        if (self.low >= 0).all():
            sum_high = min(sum_high, self.sum_abs)
        if np.isfinite(sum_high) or np.isfinite(self.sum_low):
            rows.append(np.ones((1, n)))
            lows.append(np.array([self.sum_low]))
            highs.append(np.array([sum_high]))
            names.append("the sum of all actuators")
        if len(self._left) and np.isfinite(self.difference):
            apart = np.zeros((len(self._left), n))
            each = np.arange(len(self._left))
            apart[each, self._left], apart[each, self._right] = 1.0, -1.0
            rows.append(apart)
            lows.append(np.full(len(apart), -self.difference))
            highs.append(np.full(len(apart), self.difference))
            names += [
                f"between neighbours {a} and {b}"
                for a, b in zip(self._left.tolist(), self._right.tolist(), strict=True)
            ]
        return np.vstack(rows), np.concatenate(lows), np.concatenate(highs), tuple(names)

    def _words(self, what: str, amount: float, allowed: str) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{what} would be at {amount:g}{unit}, allowed: {allowed}{unit}"


def neighbours(layout: Floats) -> tuple[tuple[int, int], ...]:
    """Give the pairs that lie side by side, or one above the other.

    Parameters
    ----------
    layout
        (rows, columns), the number of the actuator at each place, -1 where there is none.
    """
    found: list[tuple[int, int]] = []
    for first, second in ((layout[:, :-1], layout[:, 1:]), (layout[:-1], layout[1:])):
        both = (first >= 0) & (second >= 0)
        found += zip(
            first[both].astype(int).tolist(), second[both].astype(int).tolist(), strict=True
        )
    return tuple(found)
