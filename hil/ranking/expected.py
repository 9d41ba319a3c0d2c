"""What the search says of the leaders' differences, as their trials keep it.

d_st : information of leader s less that of leader t
D_st : variance of d_st
B    : (s, s) covariance with these differences, B_st = (D_s0 + D_t0 - D_st) / 2

Leaders lie close together, and a search that measured tens of settings around them knows about how
far they can differ: often by less than the finals can tell. Each leader's first trial with fresh
frames keeps what the sampler's process, by the search alone, says of it and the leaders before. The
level that all have in common is left to the fresh frames, so that B is any covariance with these
D; and it is one of differences alone, without a leader's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drivers.types import Floats
from hil.records.trial import EXPECTED, TrialRow


@dataclass(frozen=True, slots=True)
class ExpectedDifferences:
    """Differences of leaders, before fresh frames.

    Parameters
    ----------
    mean
        (s,) of each leader, against the others.
    covariance
        (s, s) likewise, in the objective's unit squared.
    """

    mean: Floats
    covariance: Floats


def expected(
    leaders: Sequence[Sequence[TrialRow]], rows: Sequence[TrialRow]
) -> ExpectedDifferences | None:
    """Collect what was expected of leaders; None where it is not known of some two of them.

    Parameters
    ----------
    leaders
        Trials of each, with fresh frames.
    rows
        All trials of the session, those that failed with their settings included.
    """
    place = {_key(trials[0]): index for index, trials in enumerate(leaders)}
    index_of = {row.number: place.get(_key(row)) for row in rows if row.kind == "again"}
    n = len(leaders)
    mean, variance = np.full((n, n), math.nan), np.full((n, n), math.nan)
    np.fill_diagonal(mean, 0.0)
    np.fill_diagonal(variance, 0.0)
    for row in rows:
        this = index_of.get(row.number)
        told: Mapping[str, Any] = row.sampler_attrs.get(EXPECTED, {})
        for number, (difference, sd) in told.items():
            other = index_of.get(int(number))
            if this is None or other is None or this == other:
                continue
            mean[this, other], mean[other, this] = difference, -difference
            variance[this, other] = variance[other, this] = sd**2
    if not (np.isfinite(mean).all() and np.isfinite(variance).all()):
        return None
    along = (variance[:, [0]] + variance[[0], :] - variance) / 2
    size, axes = np.linalg.eigh(along)  # rounding, and pairs told at different times, may bend it
    return ExpectedDifferences(
        mean[:, 0] - mean[:, 0].mean(), (axes * np.maximum(size, 0.0)) @ axes.T
    )


def _key(row: TrialRow) -> frozenset[Any]:
    return frozenset(row.requested.items())
