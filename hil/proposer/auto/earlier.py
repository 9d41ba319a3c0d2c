"""Trials of earlier sessions beside those of this one.

What an earlier session found is this one's prior: its landscape is this one's, plus one of its own
whose variance is stated (its doubt) and learnt. Its level is free, since another sample holds more
or less. Fields of view have nothing to do with those of this session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.proposer.auto.observations import Observations, is_logarithmic, transformed

_AGREED = 0.4  # of the expected difference between settings came about
_UNSURE = 0.05  # of the expected variance: nobody is surer than that
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Earlier:
    """One earlier session.

    Parameters
    ----------
    seen
        What was measured in it, at settings of this session's space.
    doubt
        How far its landscape may be another, as a share of the variance; more with its age.
    """

    seen: Observations
    doubt: float


class Together:
    """The trials of a session, then those of earlier ones.

    Attributes
    ----------
    inputs
        (n, n_inputs) of `hil.proposer.auto.process.Process`.
    noise
        (n,) relative variances.
    share
        (n_inputs - n_columns,): all fields of view that this session has seen, alike. Which of
        them its trials took most often says nothing of what settings do to the others.
    """

    def __init__(self, own: Observations, earlier: Sequence[Earlier]) -> None:
        all_seen = [own, *(one.seen for one in earlier)]
        n_fields = [seen.fields.shape[1] for seen in all_seen]
        rows = []
        for i, seen in enumerate(all_seen):
            told = np.zeros((len(seen.points), sum(n_fields) + len(earlier)))
            first = sum(n_fields[:i])
            told[:, first : first + n_fields[i]] = seen.fields
            if i:
                told[:, sum(n_fields) + i - 1] = 1.0
            rows.append(np.hstack([seen.points, told]))
        self._all_seen = all_seen
        self.inputs = np.vstack(rows)
        self.noise = np.concatenate([seen.relative_variance for seen in all_seen])
        n_columns = own.points.shape[1]
        known = np.any(rows[0][:, n_columns:] > 0, axis=0)
        self.share = known / max(known.sum(), 1)

    def values(self, objective: int) -> Floats:
        """Values of one objective, (n,); of earlier sessions about the mean of this one's."""
        columns = [seen.values[:, objective] for seen in self._all_seen]
        own, *others = [transformed(column) for column in columns]
        return np.concatenate([own, *(other - other.mean() + own.mean() for other in others)])


def agrees(own: Observations, expected: Floats, sd: Floats) -> bool:
    """Whether an earlier session told what was measured since.

    Parameters
    ----------
    own
        What was measured since.
    expected, sd
        (n,) of its settings, by the earlier session alone, in units of `transformed`.
    """
    values = own.values[:, 0]
    if len(values) < 2:
        return True
    weight = 1 / (sd**2 + _UNSURE * np.var(expected) + _TINY)
    weight /= weight.sum()
    seen = transformed(values)
    apart = expected - weight @ expected
    spread = float(np.sum(weight * apart**2))
    return float(np.sum(weight * apart * seen)) > _AGREED * spread


def comparable(own: Observations, other: Observations) -> bool:
    """Whether the two are of one kind: both logarithmic, or neither."""
    if not len(own.values):
        return True
    return is_logarithmic(own.values[:, 0]) == is_logarithmic(other.values[:, 0])
