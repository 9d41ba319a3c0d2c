"""The last trials of a session: leaders measured with fresh frames.

First some different ones, then the one that is best so far and the one that is hardest to tell
from it, in turn, until the winner is sure enough: `hil.ranking.finals`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import optuna
from optuna.distributions import BaseDistribution

from drivers.types import Value
from hil.proposer.by_model.seen import around
from hil.proposer.plan import SearchPlan
from hil.proposer.samplers import Ask, Prefers, make_sampler
from hil.ranking.finals import Standing, standing
from hil.ranking.leaders import to_measure_again
from hil.records.trial import EXPECTED, Proposal, SearchExhausted, TrialRow

_LEADERS = 3  # different settings that are measured before it goes on with the closest two
_SURELY = 2.0  # standard deviations, by which the best by the model must not be worse than a leader


class Finals:
    """Proposes the trials of leaders.

    Parameters
    ----------
    plan
        What is searched.
    axes
        Distributions of the axes.
    follow
        Brings the study up to date with the rows.
    known
        Distributions of settings that the sampler can learn from, as JSON.
    """

    def __init__(
        self,
        plan: SearchPlan,
        axes: Mapping[str, BaseDistribution],
        follow: Callable[[Sequence[TrialRow]], optuna.Study],
        known: Callable[[Mapping[str, Value]], Mapping[str, str]],
    ) -> None:
        self._plan = plan
        self._axes = axes
        self._follow = follow
        self._known = known

    def next(self, rows: Sequence[TrialRow]) -> Proposal | None:
        """Measure a leader again, if any are still to be: some that differ, then the closest two.

        Raises
        ------
        SearchExhausted
            The winner is sure enough.
        """
        again = _asked(rows)
        if len(again) >= self._plan.remeasure:
            return None
        asked_for = [dict(row.requested) for row in again]
        different = {frozenset(settings.items()) for settings in asked_for}
        found = standing(rows)
        compared = 0 if found is None else len(found.leaders)
        if len(different) < _LEADERS or compared < 2:
            new = self._decide(rows, asked_for) if self._plan.as_needed else self._leader(rows)
            if new is not None:
                return new
        return None if found is None or compared < 2 else self._closest(rows, found)

    def _leader(self, rows: Sequence[TrialRow]) -> Proposal | None:
        leader = to_measure_again(rows)
        return None if leader is None else self._once_more(leader)

    def _once_more(self, row: TrialRow) -> Proposal:
        if self._plan.as_needed:
            return self._confirm(row.requested)
        # Without distributions: to the sampler, a point that it has had is no news.
        return Proposal("again", row.requested, retry_of=row.number)

    def _closest(self, rows: Sequence[TrialRow], found: Standing) -> Proposal:
        """Measure the best leader, or the one that is hardest to tell from it, once more."""
        if why := found.over(self._plan.confidence):
            raise SearchExhausted(why)
        return self._once_more(rows[found.next.number])

    def _decide(
        self, rows: Sequence[TrialRow], asked_for: Sequence[Mapping[str, Value]]
    ) -> Proposal | None:
        """Measure at all fields what the model takes for the best, then the best of what it had.

        Where there is a model of the optics, its best before all. Then in turn: the settings that
        the model prefers may never have been measured, and what was measured does not depend on
        the model.
        """
        plan = self._plan
        best, _ = around(plan, rows, {})
        study = self._follow(rows)
        model = make_sampler(plan.sampler, ask_about(plan, rows, len(rows), {}))
        if not isinstance(model, Prefers):
            leader = to_measure_again(rows)
            return None if leader is None else self._confirm(leader.requested)
        if plan.model is not None and best is not None and dict(best) not in asked_for:
            # what the optics say counts, whatever a process makes of it
            return self._new_leader(rows, study, model, best)
        for settings in self._by_model(model, study, len(rows), len(asked_for)):
            wanted = plan.repair(settings)
            if wanted not in asked_for:
                return self._new_leader(rows, study, model, wanted)
        return None

    def _by_model(
        self, model: Prefers, study: optuna.Study, number: int, n_asked: int
    ) -> Iterator[Mapping[str, Value]]:
        """List whom to measure, the first one first; the model is asked as far as one looks.

        Where what was measured near the best is barred, a model prefers what is far and allowed,
        though it expects nothing of it: that tells nobody anything.
        """
        leaders = model.leaders(study, self._axes)
        best = model.preferred(study, self._axes, number) if n_asked % 2 == 0 else None
        if best is not None:
            told = model.differences(study, self._axes, best, leaders[:1], ()) if leaders else None
            if not told or told[0][0] > -_SURELY * told[0][1]:
                yield best
        yield from leaders

    def _new_leader(
        self,
        rows: Sequence[TrialRow],
        study: optuna.Study,
        model: Prefers,
        settings: Mapping[str, Value],
    ) -> Proposal:
        """Measure a leader, and keep what the search alone says of it and the leaders before."""
        proposal = self._confirm(settings)
        fresh = [row for row in rows if row.kind == "again"]
        before = {frozenset(row.requested.items()): row for row in reversed(fresh)}
        before.pop(frozenset(settings.items()), None)
        others = [row for row in before.values() if set(self._axes) <= set(row.requested)]
        if not others:
            return proposal
        told = model.differences(
            study,
            self._axes,
            settings,
            [row.requested for row in others],
            [row.number for row in fresh],
        )
        if told is None:
            return proposal
        said = {str(row.number): list(pair) for row, pair in zip(others, told, strict=True)}
        return replace(proposal, sampler_attrs={**proposal.sampler_attrs, EXPECTED: said})

    def _confirm(self, settings: Mapping[str, Value]) -> Proposal:
        return Proposal("again", dict(settings), self._known(settings))


def ask_about(
    plan: SearchPlan, rows: Sequence[TrialRow], number: int, said: Mapping[str, Any]
) -> Ask:
    """Say what a sampler knows when it is asked for trial ``number``; `said` is of the model."""
    start, reach = around(plan, rows, said)
    return Ask(
        plan.axes,
        plan.integers,
        plan.seed,
        number,
        start,
        plan.repair,
        earlier=plan.earlier,
        reach=reach,
    )


def _asked(rows: Sequence[TrialRow]) -> list[TrialRow]:
    """List the trials of leaders since the search ended; of those that were interrupted none."""
    last = max((row.number for row in rows if row.kind == "search"), default=-1)
    return [row for row in rows[last + 1 :] if row.kind == "again" and not row.state.interrupted]
