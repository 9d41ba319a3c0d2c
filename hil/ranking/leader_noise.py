"""What the means of leaders are uncertain by, in three parts, from their trials.

y_sfk : first objective of leader s in field of view f, its k-th trial; n_s trials, F fields
y_sfk = mu_s + phi_f + g_sf + c_sk + e_sfk
g     : what a field has of its own at these settings; further trials at the same fields keep it
c     : what all fields of one trial have in common: the light of that minute, the estimator's fit
e     : the rest
s^2   : var(g) + var(e) ;  lambda = var(g) / s^2 ;  rho^2 = var(c) F / s^2
w_s   : s^2 / F (lambda + (1 - lambda + rho^2) / n_s) : of a leader's mean against the others'

Three tables tell of them: repeats of one leader field by field (e); means of leaders field by
field (g + e / n); repeats' means (c + e / F). lambda and rho are integrated over, since few
repeats tell little of them. Where nothing was repeated c cannot be told from a difference of the
leaders, and is left out of what is stated; what ends the finals counts what it may be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.ranking.field_values import field_values
from hil.records.trial import TrialRow

_ENOUGH_DEGREES = 4
_TWO_SIDED_95 = 1.96
_LAMBDAS = (np.arange(6) + 0.5) / 6  # equally likely before anything is repeated
_RHOS = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.4, 1.9])
_RHO_SPREAD = 1.0  # half-normal: estimators of this project were seen to have 0 to 0.9


@dataclass(frozen=True, slots=True)
class LeaderNoise:
    """Variances that the leaders' means may have, and how likely each is.

    Parameters
    ----------
    variance
        (m, n) of each leader's mean, w_s, in the objective's unit squared.
    log_weight
        (m,) logarithm of each one's posterior weight, what the means themselves tell left out.
    unit
        (m,) root of s^2 / F.
    degrees
        Of freedom of s^2.
    """

    variance: Floats
    log_weight: Floats
    unit: Floats
    degrees: float


@dataclass(frozen=True, slots=True)
class _Tables:
    """Sums of squares with their degrees of freedom."""

    repeats: float
    repeats_degrees: int
    leaders: float
    leaders_degrees: int
    n_fields: int


def leader_noise(leaders: Sequence[Sequence[TrialRow]], *, unseen: bool = False) -> LeaderNoise:
    """Weigh what the means of leaders may be uncertain by.

    Parameters
    ----------
    leaders
        Trials of each, with fresh frames; two leaders or more.
    unseen
        Whether c counts where nothing was repeated, too, by what it was seen to be elsewhere.
    """
    counts = np.array([len(trials) for trials in leaders], dtype=float)
    inverse = float(np.mean(1 / counts))
    tables = _tables(leaders)
    scatter, scatter_degrees = _scatter(leaders)
    possible = _RHOS if scatter_degrees or unseen else _RHOS[:1]
    shares, rhos = (one.ravel() for one in np.meshgrid(_LAMBDAS, possible, indexing="ij"))
    of_repeats, of_leaders = 1 - shares, shares + (1 - shares) * inverse
    squares = tables.repeats / of_repeats + tables.leaders / of_leaders
    degrees = tables.repeats_degrees + tables.leaders_degrees
    least = (1e-9 * max(_size(leaders), 1e-9)) ** 2
    log = -0.5 * (rhos / _RHO_SPREAD) ** 2
    log -= 0.5 * tables.repeats_degrees * np.log(of_repeats)
    log -= 0.5 * tables.leaders_degrees * np.log(of_leaders)
    log -= 0.5 * degrees * np.log(np.maximum(squares, least))
    unit = squares / max(degrees, 1) / tables.n_fields
    if degrees < _ENOUGH_DEGREES or not squares.any():
        own = _of_intervals(leaders)
        unit = (degrees * unit + _ENOUGH_DEGREES * own) / (degrees + _ENOUGH_DEGREES)
        degrees += _ENOUGH_DEGREES
    unit = np.maximum(unit, least)
    of_one = unit * (1 - shares + rhos**2)
    log -= 0.5 * (scatter_degrees * np.log(of_one) + scatter / of_one)
    variance = unit[:, None] * (shares[:, None] + (1 - shares + rhos**2)[:, None] / counts)
    return LeaderNoise(variance, log - log.max(), np.sqrt(unit), float(degrees))


def half_widths(trials: Sequence[TrialRow]) -> tuple[float, float]:
    """How far the interval reaches below and above: over fields, which repeats do not narrow."""
    sides: list[tuple[float, float]] = [
        (row.objectives[0] - row.measured.ci_low, row.measured.ci_high - row.objectives[0])
        for row in trials
        if row.objectives and row.measured is not None
    ]
    if not sides:
        return math.nan, math.nan
    below, above = np.mean(np.array(sides), axis=0)
    return float(below), float(above)


def _tables(leaders: Sequence[Sequence[TrialRow]]) -> _Tables:
    """Take each trial's own mean off, then what a leader and what a field has in common.

    Fields that not all trials have do not count.
    """
    found = [[field_values(row) for row in trials] for trials in leaders]
    alone = [table for trials in found for table in trials]
    common = sorted(set(alone[0]).intersection(*alone[1:])) if alone else []
    if len(common) < 2:
        return _Tables(0.0, 0, 0.0, 0, max(len(common), 1))
    repeats, means = 0.0, []
    for trials in found:
        values = np.array([[table[field] for field in common] for table in trials])
        values -= values.mean(axis=1, keepdims=True)
        means.append(values.mean(axis=0))
        repeats += float(((values - means[-1]) ** 2).sum())
    left = np.array(means) - np.mean(means, axis=0)
    free = len(common) - 1
    return _Tables(
        repeats,
        (len(alone) - len(leaders)) * free,
        float((left**2).sum()),
        (len(leaders) - 1) * free,
        len(common),
    )


def _scatter(leaders: Sequence[Sequence[TrialRow]]) -> tuple[float, int]:
    """Sum of squares of repeats' means about their leader's, and its degrees of freedom."""
    squares, degrees = 0.0, 0
    for trials in leaders:
        means = np.array([row.objectives[0] for row in trials if row.objectives])
        squares += float(((means - means.mean()) ** 2).sum())
        degrees += len(means) - 1
    return squares, degrees


def _of_intervals(leaders: Sequence[Sequence[TrialRow]]) -> float:
    """Variance of one trial's mean as its own interval has it; 0 where that is not known."""
    halves = [sum(half_widths(trials)) / 2 for trials in leaders]
    known = [half for half in halves if math.isfinite(half) and half > 0]
    return (float(np.mean(known)) / _TWO_SIDED_95) ** 2 if known else 0.0


def _size(leaders: Sequence[Sequence[TrialRow]]) -> float:
    """How large the objective is."""
    return float(
        np.mean([abs(row.objectives[0]) for one in leaders for row in one if row.objectives])
    )
