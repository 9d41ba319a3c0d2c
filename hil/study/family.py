"""Quasi-random settings of a family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Value

_SEED = 7


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a setting.

    Parameters
    ----------
    low, high
        Its ends.
    log
        Whether it is even in the logarithm.
    """

    low: float
    high: float
    log: bool = False

    def at(self, u: float) -> float:
        """Give the value at a share of the range."""
        if self.log:
            return float(self.low * (self.high / self.low) ** u)
        return float(self.low + (self.high - self.low) * u)


def family(axes: Mapping[str, Span | Sequence[Value]], n: int) -> list[dict[str, Value]]:
    """Draw n settings: Halton's sequence, scrambled once for all studies.

    Parameters
    ----------
    axes
        Name to a range, or to a list of values.
    """
    from scipy.stats import qmc

    points = qmc.Halton(len(axes), scramble=True, rng=np.random.default_rng(_SEED)).random(n)
    return [
        {name: _value(axis, float(u)) for (name, axis), u in zip(axes.items(), row, strict=True)}
        for row in points
    ]


def _value(axis: Span | Sequence[Value], u: float) -> Value:
    if isinstance(axis, Span):
        return axis.at(u)
    return axis[min(int(u * len(axis)), len(axis) - 1)]
