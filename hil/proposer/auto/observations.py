"""What a study knows, as arrays: points, values, noise, fields of view, constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState

from drivers.types import Floats
from hil.proposer.attributes import FIELDS_ATTR, SD_ATTR
from hil.proposer.auto.space import UnitSpace

_SPREAD = 5.0  # the noise of trials differs by this factor at most: intervals are estimates too
_ROUNDING = 1e-9
_KNEE_SHARE = 0.01  # of the largest value: where the logarithm goes over into a straight line


@dataclass(frozen=True, slots=True)
class Observations:
    """What was measured, and what is being measured.

    Parameters
    ----------
    points
        (n, n_columns) settings of the measured trials; beyond 0 and 1 where ranges were wider.
    values
        (n, n_objectives), the larger the better.
    sd
        (n,) of the first value; NaN where it is not known.
    fields
        (n, n_fields) shares of the fields of view; no columns where all trials had the same.
    constraints
        (n, n_constraints); at most 0 is feasible.
    pending
        (m, n_columns) settings without a value: in work, or failed.
    alike
        (n_columns,) whether a setting is one of several of one range; None where none is.
    """

    points: Floats
    values: Floats
    sd: Floats
    fields: Floats
    constraints: Floats
    pending: Floats
    alike: np.ndarray[Any, np.dtype[np.bool_]] | None = None

    @property
    def feasible(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """(n,) whether no constraint is broken."""
        return np.asarray(np.all(self.constraints <= 0, axis=1))

    @property
    def eligible(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """(n,) which of them may win: those that are searched now, if any of these is feasible."""
        inside = np.all((self.points > -_ROUNDING) & (self.points < 1 + _ROUNDING), axis=1)
        here = self.feasible & inside
        return here if here.any() else self.feasible

    @property
    def relative_variance(self) -> Floats:
        """(n,) of each value's noise, relative to the typical one's.

        Where trials took different numbers of fields, that of a trial with several is the typical
        one's, divided by their number. Their own intervals tell how fields differ, of which the
        model takes account by itself, and from two or three they may be narrow by chance.
        """
        taken = (self.fields > 0).sum(axis=1)
        several = taken / taken.min(initial=max(self.fields.shape[1], 1), where=taken > 0)
        known = np.isfinite(self.sd) & (self.sd > 0) & (several <= 1)
        relative = np.ones(len(self.sd))
        if known.any():
            scale = slope(self.values[:, 0])[known] * self.sd[known]
            relative[known] = (scale / np.median(scale)) ** 2
        return np.asarray(np.clip(relative / np.maximum(several, 1.0), 1 / _SPREAD, _SPREAD))


def observed(
    trials: Sequence[FrozenTrial],
    distributions: Mapping[str, BaseDistribution],
    space: UnitSpace,
    signs: Sequence[float],
) -> Observations:
    """Collect the trials that were asked for in this search space.

    Parameters
    ----------
    trials
        Of a study.
    distributions, space
        The search space.
    signs
        1 for each objective that is maximised, -1 for each that is minimised.
    """
    known = [t for t in trials if _told(t, distributions)]
    done = [t for t in known if t.state is TrialState.COMPLETE and t.values]
    waiting = [t for t in known if t.state in (TrialState.RUNNING, TrialState.FAIL)]
    names = sorted({name for t in done for name in t.constraints})
    return Observations(
        points=_points(done, space),
        values=np.array([np.multiply(t.values, signs) for t in done]).reshape(-1, len(signs)),
        sd=np.array([float(t.user_attrs.get(SD_ATTR, np.nan)) for t in done]),
        fields=_shares([t.user_attrs.get(FIELDS_ATTR, ()) for t in done]),
        constraints=np.array(
            [[t.constraints.get(name, 0.0) for name in names] for t in done]
        ).reshape(len(done), len(names)),
        pending=_points(waiting, space),
        alike=space.alike,
    )


def _points(trials: Sequence[FrozenTrial], space: UnitSpace) -> Floats:
    found = [space.encode(trial.params) for trial in trials]
    return np.array(found).reshape(len(trials), space.n_columns)


def _told(trial: FrozenTrial, distributions: Mapping[str, BaseDistribution]) -> bool:
    """Whether a trial has a place in the space, if only beyond the ranges that are searched now."""
    for name, own in distributions.items():
        if name not in trial.params:
            return False
        value = trial.params[name]
        if isinstance(own, CategoricalDistribution):
            if value not in own.choices:
                return False
        elif isinstance(value, str) or (getattr(own, "log", False) and value <= 0):
            return False
    return True


def _shares(fields: Sequence[Sequence[int]]) -> Floats:
    """Shares of each field in each trial; without columns where that tells nothing."""
    n_fields = 1 + max((max(own, default=-1) for own in fields), default=-1)
    shares = np.zeros((len(fields), n_fields))
    for row, own in zip(shares, fields, strict=True):
        for field in own:
            row[field] += 1 / len(own)
    if len(np.unique(shares, axis=0)) < 2:
        return np.zeros((len(fields), 0))
    return shares


def is_logarithmic(values: Floats) -> bool:
    """Whether the values are such as a logarithm is taken of: most of them above 0."""
    return bool(np.median(values) > 0)


def _knee(values: Floats) -> float:
    return _KNEE_SHARE * float(np.max(values))


def transformed(values: Floats) -> Floats:
    """Take the logarithm, going over into a straight line where values near 0, or below, are noise.

    Values that are mostly negative, a loss say, stay as they are.
    """
    if not is_logarithmic(values):
        return values
    knee = _knee(values)
    return np.asarray(np.arcsinh(values / (2 * knee)) + np.log(knee))


def slope(values: Floats) -> Floats:
    """Give the derivative of `transformed`, to carry standard deviations over."""
    if not is_logarithmic(values):
        return np.ones_like(values)
    return np.asarray(1 / np.sqrt(values**2 + 4 * _knee(values) ** 2))
