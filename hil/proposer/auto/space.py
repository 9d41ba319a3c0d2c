"""A search space as a unit cube: logarithmic axes by their logarithm, choices one column each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from drivers.types import Floats

_SEVERAL = 3  # settings of one range, that are taken for settings of one kind


@dataclass(frozen=True, slots=True)
class _Axis:
    """One setting and its columns of the cube."""

    name: str
    distribution: BaseDistribution
    first: int
    n_columns: int

    @property
    def is_choice(self) -> bool:
        return isinstance(self.distribution, CategoricalDistribution)

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value, in the logarithm where the axis is logarithmic."""
        own = self.distribution
        assert isinstance(own, FloatDistribution | IntDistribution)
        low, high = float(own.low), float(own.high)
        return (math.log(low), math.log(high)) if own.log else (low, high)

    def to_unit(self, value: Any) -> list[float]:
        own = self.distribution
        if isinstance(own, CategoricalDistribution):
            chosen = int(own.to_internal_repr(value))
            return [float(chosen == i) for i in range(self.n_columns)]
        assert isinstance(own, FloatDistribution | IntDistribution)
        low, high = self.bounds
        if high <= low:
            return [0.5]
        inner = math.log(value) if own.log else float(value)
        return [(inner - low) / (high - low)]

    def from_unit(self, columns: Floats) -> Any:
        own = self.distribution
        if isinstance(own, CategoricalDistribution):
            return own.choices[int(np.argmax(columns))]
        assert isinstance(own, FloatDistribution | IntDistribution)
        low, high = self.bounds
        inner = low + min(max(float(columns[0]), 0.0), 1.0) * (high - low)
        value = math.exp(inner) if own.log else inner
        value = min(max(value, own.low), own.high)
        if own.step is not None:
            # the highest value may be no whole number of steps away
            most = math.floor((own.high - own.low) / own.step + 1e-9)
            value = own.low + min(round((value - own.low) / own.step), most) * own.step
        return round(value) if isinstance(own, IntDistribution) else float(value)

    def snapped(self, columns: Floats) -> Floats:
        """Give (n, n_columns) points there and back; of a plain range, all of them at once."""
        own = self.distribution
        if isinstance(own, FloatDistribution) and not own.log and own.step is None:
            low, high = own.low, own.high
            if high > low:  # a logarithm numpy would round otherwise than Python does
                value = np.clip(low + np.clip(columns, 0.0, 1.0) * (high - low), low, high)
                return np.asarray((value - low) / (high - low))
        there = [self.to_unit(self.from_unit(one)) for one in columns]
        return np.array(there).reshape(columns.shape)


class UnitSpace:
    """Settings to points of a unit cube and back.

    Parameters
    ----------
    distributions
        Of each setting; float, integer (either logarithmic or in steps) or choices.
    """

    def __init__(self, distributions: Mapping[str, BaseDistribution]) -> None:
        self._axes: list[_Axis] = []
        first = 0
        for name, own in distributions.items():
            width = len(own.choices) if isinstance(own, CategoricalDistribution) else 1
            self._axes.append(_Axis(name, own, first, width))
            first += width
        self.n_columns = first

    @property
    def names(self) -> list[str]:
        """Settings, in order."""
        return [axis.name for axis in self._axes]

    @property
    def n_axes(self) -> int:
        """Number of settings."""
        return len(self._axes)

    @property
    def choices(self) -> list[slice]:
        """Columns of each setting that is a choice."""
        return [_columns(axis) for axis in self._axes if axis.is_choice]

    @property
    def continuous(self) -> list[int]:
        """Columns that may take any value from 0 to 1."""
        return [
            axis.first
            for axis in self._axes
            if isinstance(axis.distribution, FloatDistribution)
            and axis.distribution.step is None
            and axis.distribution.high > axis.distribution.low
        ]

    @property
    def alike(self) -> NDArray[np.bool_]:
        """(n_columns,) whether a column is one of several of one range: modes of a mirror, say."""
        found = np.zeros(self.n_columns, dtype=bool)
        for axis in self._axes:
            of_one_range = sum(one.distribution == axis.distribution for one in self._axes)
            found[axis.first] = not axis.is_choice and of_one_range >= _SEVERAL
        return found

    def encode(self, params: Mapping[str, Any]) -> Floats:
        """Give the point of a set of settings, (n_columns,)."""
        return np.concatenate([axis.to_unit(params[axis.name]) for axis in self._axes])

    def decode(self, point: Floats) -> dict[str, Any]:
        """Give the settings nearest to a point."""
        return {axis.name: axis.from_unit(point[_columns(axis)]) for axis in self._axes}

    def snap(self, points: Floats) -> Floats:
        """Move (n, n_columns) points to the nearest ones that are settings."""
        snapped = [axis.snapped(points[:, _columns(axis)]) for axis in self._axes]
        return np.hstack(snapped)

    def from_axes(self, shares: Floats) -> Floats:
        """Turn (n, n_axes) numbers from 0 to 1, one an axis, into snapped points."""
        points = np.zeros((len(shares), self.n_columns))
        for i, axis in enumerate(self._axes):
            if axis.is_choice:
                chosen = np.minimum((shares[:, i] * axis.n_columns).astype(int), axis.n_columns - 1)
                points[np.arange(len(shares)), axis.first + chosen] = 1.0
            else:
                points[:, axis.first] = shares[:, i]
        return self.snap(points)


def _columns(axis: _Axis) -> slice:
    return slice(axis.first, axis.first + axis.n_columns)
