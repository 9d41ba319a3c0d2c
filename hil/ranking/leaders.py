"""Which trial is the best by evidence.

Trials with the same settings are measurements of the same thing: a search may propose them twice,
and the leaders are measured again before a winner is named, since the best of many single values is
the luckiest of them too. Their values are averaged. The interval's half-width is averaged as well:
it comes from how fields of view differ, which another look at the same fields does not reduce.
Where some trials took a few fields of view and others all of them, those that took all count.
Which of the leaders wins is said by their fresh frames alone: `hil.ranking.finals`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from drivers.types import Value
from hil.records.trial import UNDECIDED, Best, TrialRow, TrialState, barred, is_objective


def ranked(rows: Sequence[TrialRow], *, undecided: bool = False) -> list[Best]:
    """List what was measured and feasible, the best by the first objective first.

    Parameters
    ----------
    rows
        Trials of a session, corrected for drift where there is one.
    undecided
        Whether those count, too, that only all fields of view can decide about.

    Returns
    -------
    list of Best
        One for all trials with the same settings, under the number of the first of them.
    """
    groups: dict[frozenset[tuple[str, Value]], list[TrialRow]] = {}
    for row in rows:
        if row.state is TrialState.COMPLETE and row.objectives and is_objective(row.objectives[0]):
            groups.setdefault(_key(row), []).append(row)
    found = [_pooled(group) for group in groups.values() if _feasible(group, undecided)]
    return sorted(found, key=lambda best: (-best.objective, best.number))


def winner(rows: Sequence[TrialRow]) -> Best | None:
    """Name the best trial; None if none is feasible.

    Once the leaders have been measured again, one of them wins, not a single value that came to lie
    above theirs; a search that went on afterwards is open again.
    """
    order = ranked(rows)
    if not finals_are_on(rows):
        return order[0] if order else None
    from hil.ranking.finals import standing  # numpy, which a list on the screen does without

    if (found := standing(rows)) is not None:
        number = found.leaders[found.first].number
        order = [best for best in order if best.number == number] or order
    return order[0] if order else None


def finals_are_on(rows: Sequence[TrialRow]) -> bool:
    """Whether leaders are being measured again, or have been, and nothing was searched since."""
    again = [row.number for row in rows if row.kind == "again"]
    searched = [row.number for row in rows if row.kind == "search"]
    return bool(again) and max(again) > max(searched, default=-1)


def to_measure_again(rows: Sequence[TrialRow]) -> TrialRow | None:
    """Find the best trial that rests on one measurement; None if there is none.

    What another controller is measuring again just now is left to it.
    """
    in_work = {_key(row) for row in rows if row.kind == "again" and not row.state.ended}
    for best in ranked(rows, undecided=True):
        if best.n_measured == 1 and _key(rows[best.number]) not in in_work:
            return rows[best.number]
    return None


def _key(row: TrialRow) -> frozenset[tuple[str, Value]]:
    return frozenset(row.requested.items())


def _feasible(group: Sequence[TrialRow], undecided: bool) -> bool:
    """Whether no trial breaks a constraint; what all fields decide, they have where any did."""
    whole = [row for row in group if not row.fields]
    decided = any(row.constraints.get(UNDECIDED, 0) > 0 for row in whole or group)
    return not any(barred(row.constraints) for row in group) and (undecided or not decided)


def _pooled(group: Sequence[TrialRow]) -> Best:
    number = group[0].number
    group = [row for row in group if not row.fields] or group
    values = [row.objectives[0] for row in group if row.objectives]
    centre = sum(values) / len(values)
    below, above = [], []
    for row, value in zip(group, values, strict=True):
        if row.measured is not None:
            below.append(value - row.measured.ci_low)
            above.append(row.measured.ci_high - value)
    return Best(number, centre, centre - _mean(below), centre + _mean(above), len(group))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan
