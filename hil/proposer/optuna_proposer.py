"""Ask Optuna for the next trial, with a study in memory that follows the trial table.

The table is the truth: before each ask the study is brought up to date from the rows, so resuming
and several controllers on one study need no mechanism of their own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from drivers.types import Value
from hil import spec
from hil.proposer import distributions as dists
from hil.proposer.attributes import FIELDS_ATTR, GAIN_ATTR, SD_ATTR
from hil.proposer.by_model.steps import ModelStep, ModelSteps
from hil.proposer.finals import Finals, ask_about
from hil.proposer.plan import SearchPlan
from hil.proposer.samplers import grid_size, make_sampler
from hil.ranking.drift import fit_drift, without_drift
from hil.records.trial import (
    FIELDS,
    FURTHER,
    MODEL,
    UNDECIDED,
    Proposal,
    SearchExhausted,
    TrialRow,
    TrialState,
    is_objective,
)

# Where a trial keeps the sampler's own proposal, if joint limits made it another.
ASKED = "hil:asked"
# And what it is called, if it was given and not proposed.
FIRST = "hil:first"
# In a row, before a search ends since there is nothing left to gain.
_TRIALS_WITHOUT_GAIN = 3
_TWO_SIDED_95 = 1.96
_CONFIDENCE = 0.95  # that there is a drift at all, before values are corrected for it

_STATES = {
    TrialState.COMPLETE: OptunaState.COMPLETE,
    TrialState.PRUNED: OptunaState.PRUNED,
    TrialState.FAILED: OptunaState.FAIL,
    TrialState.ABORTED: OptunaState.FAIL,
    TrialState.STALE: OptunaState.FAIL,
}


class OptunaProposer:
    """Implements `hil.session.ports.Proposer`.

    Parameters
    ----------
    plan
        What is searched.
    """

    def __init__(self, plan: SearchPlan) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._plan = plan
        self._axes = {
            axis.setting: dists.distribution(axis, integer=axis.setting in plan.integers)
            for axis in plan.axes
        }
        self._axes_json = dists.to_json(self._axes)
        self._finals = Finals(plan, self._axes, self.follow, self._known)
        self._model = None if plan.model is None else ModelSteps(plan, plan.model)
        self._study = self._new_study()
        # Trials of the study that have not ended; None for those that another process asked for.
        self._open: dict[int, optuna.Trial | None] = {}
        self._in_study = 0
        self._constrained: frozenset[str] = frozenset()
        self._drift: tuple[object, ...] = ()

    def _new_study(self) -> optuna.Study:
        return optuna.create_study(directions=["maximize"] * self._plan.n_objectives)

    def propose(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int
    ) -> Proposal:
        """Propose trial ``number``; see `hil.session.ports.Proposer`.

        Raises
        ------
        SearchExhausted
            The grid has been measured.
        """
        if number == 0 and self._plan.start is not None:
            start = self._plan.start
            # where references follow, it is the first of them
            fields = {} if self._plan.reference_every else self._plan.fields_of(number)
            begins = {key: value for key, value in fields.items() if key == FIELDS}
            return Proposal("start", dict(start), self._known(start), begins)
        if (first := self._first(rows, number)) is not None:
            return first
        drift = fit_drift(rows, _CONFIDENCE) if self._plan.reference_every else None
        rows = without_drift(rows, drift)
        nothing_to_gain = self._nothing_to_gain(rows)
        too_little = f"less than {self._plan.least_gain or 0:g} is expected of another trial"
        try:
            again = self._finals.next(rows) if self._searched(rows) else None
        except SearchExhausted as decided:
            if nothing_to_gain:  # why the search ended, and why the comparison of leaders did
                raise SearchExhausted(f"{too_little}; {decided}") from None
            raise
        if again is not None:
            return again
        if nothing_to_gain:
            raise SearchExhausted(too_little)
        if self._reference_due(rows):
            reference = self._plan.reference
            return Proposal("reference", dict(reference), self._known(reference))
        try:
            again = self._retry(rows)
        except SearchExhausted:
            again = self._finals.next(rows)
            if again is None:
                raise
        if again is not None:
            return again
        course = drift.course if drift is not None and drift.significant else ()
        if course != self._drift:
            # It changes the values of all trials.
            self._drift = course
            self._forget(rows)
        step = ModelStep(None) if self._model is None else self._model.next(rows, number)
        if step.settings is not None:
            return self._advised(step.settings, dict(step.said), number)
        self.follow(rows)
        proposal = self._ask(rows, study_attrs, number, step.said)
        if step.said:
            proposal = replace(
                proposal, sampler_attrs={**proposal.sampler_attrs, MODEL: dict(step.said)}
            )
        return proposal

    def _searched(self, rows: Sequence[TrialRow]) -> bool:
        """Whether only trials for leaders are left."""
        if self._nothing_to_gain(rows):
            return True
        counted = sum(not row.state.interrupted for row in rows)
        return counted >= self._plan.trials - self._plan.remeasure

    def _nothing_to_gain(self, rows: Sequence[TrialRow]) -> bool:
        """Whether the last trials that searched were expected to add less than what is asked."""
        if self._plan.least_gain is None:
            return False
        gains = [row.sampler_attrs.get(GAIN_ATTR) for row in rows if row.kind == "search"]
        last = gains[-_TRIALS_WITHOUT_GAIN:]
        return len(last) == _TRIALS_WITHOUT_GAIN and all(
            gain is not None and gain < self._plan.least_gain for gain in last
        )

    def _known(self, values: Mapping[str, Value]) -> dict[str, str]:
        """Distributions of settings that the sampler can learn from; none if any lies outside."""
        return self._axes_json if dists.inside(self._axes, list(self._axes), values) else {}

    def _reference_due(self, rows: Sequence[TrialRow]) -> bool:
        if not self._plan.reference_every:
            return False
        since = 0
        for row in reversed(rows):
            if row.kind == "reference":
                break
            since += 1
        return since >= self._plan.reference_every

    def _retry(self, rows: Sequence[TrialRow]) -> Proposal | None:
        """Once a fixed design has been asked for in full, fill the holes that faults have left.

        Grid and QMC are designs: a point whose process died would be missing for ever. Samplers
        that adapt need no such thing.
        """
        sampler = self._plan.sampler
        if not sampler.fixed_design:
            return None
        search = [row for row in rows if row.kind == "search" and row.retry_of is None]
        if isinstance(sampler, spec.GridSampler):
            asked_all = len(search) >= grid_size(sampler, self._plan.axes, self._plan.integers)
        else:
            asked_all = len(rows) >= self._plan.trials
        if not asked_all:
            return None
        retried = {row.retry_of for row in rows}
        for row in rows:
            if row.kind == "search" and row.state.interrupted and row.number not in retried:
                return Proposal(
                    "search",
                    row.requested,
                    row.distributions,
                    row.sampler_attrs,
                    retry_of=row.number,
                )
        if isinstance(sampler, spec.GridSampler):
            raise SearchExhausted(f"all {len(search)} points of the grid have been proposed")
        return None

    def _first(self, rows: Sequence[TrialRow], number: int) -> Proposal | None:
        """Measure what is to be measured before a sampler is asked; None once that is done."""
        if not self._plan.first:
            return None
        done = {row.sampler_attrs.get(FIRST) for row in rows if not row.state.interrupted}
        for one in self._plan.first:
            if one.name not in done:
                return self.given(one.settings, number, {FIRST: one.name})
        return None

    def given(
        self, settings: Mapping[str, Value], number: int, attrs: Mapping[str, Any]
    ) -> Proposal:
        """Make a proposal of settings that no sampler chose; it learns from them."""
        told = {**attrs, **self._plan.fields_of(number)}
        return Proposal("search", dict(settings), self._known(settings), told)

    def _advised(
        self, settings: Mapping[str, Value], said: Mapping[str, Any], number: int
    ) -> Proposal:
        """Make a proposal of what the model wants; it needs no further fields of view."""
        fields = self._plan.fields_of(number)
        fields.pop(FURTHER, None)
        return Proposal("search", dict(settings), self._known(settings), {MODEL: said, **fields})

    def searched(self) -> Mapping[str, str]:
        """Give the distribution of each searched setting, as rows keep them."""
        return self._axes_json

    def _ask(
        self,
        rows: Sequence[TrialRow],
        study_attrs: Mapping[str, Any],
        number: int,
        said: Mapping[str, Any],
    ) -> Proposal:
        # Optuna offers no public way to keep a sampler's own attributes: without them CMA-ES
        # restarts and QMC repeats itself.
        storage, study_id = self._study._storage, self._study._study_id  # noqa: SLF001
        for key, value in study_attrs.items():
            storage.set_study_system_attr(study_id, key, value)
        plan = self._plan
        self._study.sampler = make_sampler(plan.sampler, ask_about(plan, rows, number, said))
        trial = self._study.ask(self._axes)
        self._in_study = number + 1
        self._open[number] = trial
        attrs = dict(storage.get_trial(trial._trial_id).system_attrs)  # noqa: SLF001
        requested = self._plan.repair(trial.params)
        if requested != trial.params:
            attrs[ASKED] = dict(trial.params)
        fields = plan.fields_of(number)
        if GAIN_ATTR not in attrs:  # it explores: nobody knows what it is to be told apart from
            fields.pop(FURTHER, None)
        return Proposal(
            "search",
            requested,
            self._axes_json,
            {**attrs, **fields},
            dict(storage.get_study_system_attrs(study_id)),
        )

    # --- the study follows the rows --------------------------------------------------------------

    def follow(self, rows: Sequence[TrialRow]) -> optuna.Study:
        """Bring the study in memory up to date with the rows, and return it."""
        # Only what is new is looked at: a session of thousands of trials must not slow down.
        if self._in_study > len(rows):  # what was proposed last came to nothing
            self._forget(rows)
        news = [*(rows[number] for number in self._open), *rows[self._in_study :]]
        if violated(news) - self._constrained or not self._can_go_on(rows):
            self._forget(rows)
        for number, trial in list(self._open.items()):
            row = rows[number]
            if row.state.ended:
                assert trial is not None
                self._tell(trial, row)
                del self._open[number]
        for row in rows[self._in_study :]:
            self._study.add_trial(frozen(row, self._constrained, self._now(row)))
            if not row.state.ended:
                self._open[row.number] = None
        self._in_study = len(rows)
        return self._study

    def _forget(self, rows: Sequence[TrialRow]) -> None:
        """Begin a new study, to be filled from the rows."""
        self._study = self._new_study()
        self._open, self._in_study, self._constrained = {}, 0, violated(rows)

    def _can_go_on(self, rows: Sequence[TrialRow]) -> bool:
        """Whether rows only went on from what the study holds, or it must be built anew.

        A trial in the study can be told only if this process asked for it.
        """
        return all(
            not rows[number].state.ended if trial is None else asked(rows[number]) == trial.params
            for number, trial in self._open.items()
        )

    def _now(self, row: TrialRow) -> Mapping[str, BaseDistribution] | None:
        """Give the distributions of a row in the ranges of now, where these have been changed.

        Optuna's samplers learn from trials of one search space; what lies outside of it is not of
        it. Sampler ``auto`` learns from those as well.
        """
        if not row.distributions or row.distributions == self._axes_json:
            return None
        if dists.inside(self._axes, list(self._axes), asked(row)):
            return self._axes
        return None if self._plan.sampler.ends_in_auto else {}

    def _tell(self, trial: optuna.Trial, row: TrialRow) -> None:
        template = frozen(row, self._constrained, self._now(row))
        for name, value in template.constraints.items():
            trial.set_constraint(name, value)
        for step, value in row.intermediate.items():
            trial.report(value, step)
        for attr, said in template.user_attrs.items():  # how sure, and at which fields of view
            trial.set_user_attr(attr, said)
        self._study.tell(trial, values=template.values, state=template.state)


def _said(row: TrialRow) -> dict[str, Any]:
    """Say how sure a trial's first objective is, and which fields of view it was measured at."""
    measured = row.measured
    if measured is None:
        return {}
    half = (measured.ci_high - measured.ci_low) / 2
    said: dict[str, Any] = {SD_ATTR: half / _TWO_SIDED_95} if math.isfinite(half) else {}
    fields = measured.fields or range(len(measured.field_bits))
    return {**said, FIELDS_ATTR: list(fields)}


def asked(row: TrialRow) -> dict[str, Value]:
    """Return the sampler's own proposal for a trial, before it was brought inside joint limits.

    The sampler is told what its proposal led to: to it, the objective is a function on the whole
    box. Were it told the repaired point instead, a model would never learn about the corner that it
    asked for, and would ask for it again and again.
    """
    return dict(row.sampler_attrs.get(ASKED, row.requested))


def violated(rows: Sequence[TrialRow]) -> frozenset[str]:
    """Names of the constraints that some trial has broken.

    Only those are told to the sampler: a constraint that never came near costs every ask the fit of
    a model of it, and says nothing. Nor does what only all fields of view can decide.
    """
    return frozenset(
        name
        for row in rows
        for name, value in row.constraints.items()
        if value > 0 and name != UNDECIDED
    )


def _finite(row: TrialRow) -> bool:
    return row.objectives is not None and all(map(is_objective, row.objectives))


def frozen(
    row: TrialRow,
    constrained: frozenset[str],
    now: Mapping[str, BaseDistribution] | None = None,
) -> FrozenTrial:
    """Turn a row into an Optuna trial.

    Parameters
    ----------
    row
        In any state. Settings that lie outside of their distributions are left out, and the trial
        is a failed one, as where an objective is no number: no sampler learns from either.
    constrained
        Names of the constraints that the study knows.
    now
        Distributions in place of those that it was proposed with.
    """
    known = dict(dists.from_json(row.distributions) if now is None else now)
    params = {name: value for name, value in asked(row).items() if name in known}
    odd = {name for name in params if not dists.inside(known, [name], params)}
    known = {name: held for name, held in known.items() if name not in odd}
    complete = row.state is TrialState.COMPLETE and bool(known) and not odd and _finite(row)
    state = _STATES.get(row.state, OptunaState.RUNNING)
    if state is OptunaState.COMPLETE and not complete:
        state = OptunaState.FAIL  # measured at settings that no sampler could have proposed
    constraints = {name: value for name, value in row.constraints.items() if name in constrained}
    if state is OptunaState.COMPLETE:
        constraints = {name: constraints.get(name, 0.0) for name in sorted(constrained)}
    return optuna.trial.create_trial(
        state=state,
        values=row.objectives if state is OptunaState.COMPLETE else None,
        params={name: value for name, value in params.items() if name not in odd},
        distributions=known,
        # Sessions of the first release hold pickles: neither read here nor handed on.
        user_attrs=_said(row),
        system_attrs={
            key: value
            for key, value in row.sampler_attrs.items()
            if key not in (ASKED, FIELDS, FURTHER) and not key.startswith("cma:optimizer")
        },
        intermediate_values=dict(row.intermediate),
        constraints=constraints,
    )
