"""Proposals ahead are a function of the rows, whenever they were thought of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from drivers.types import Value
from hil.records.trial import Measured, Proposal, SearchExhausted, TrialRow, TrialState
from hil.session.pipeline.ahead import AHEAD, Ahead, in_work

NAN = math.nan


class Inner:
    """Proposes what it sees: how many trials have ended, and the last value."""

    def __init__(self, most: int = 100) -> None:
        self.asked: list[Sequence[TrialRow]] = []
        self.most = most

    def propose(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int
    ) -> Proposal:
        self.asked.append(rows)
        known = [row.objectives[0] for row in rows if row.objectives]
        if len(known) < number - 1:
            raise AssertionError("more than one trial is in work")
        if number >= self.most and len(known) < number:
            raise SearchExhausted("all is done")
        return Proposal("search", {"x": sum(known)}, {}, {"seen": len(known)})

    def given(
        self, settings: Mapping[str, Value], number: int, attrs: Mapping[str, Any]
    ) -> Proposal:
        return Proposal("search", settings, {}, attrs)

    def searched(self) -> Mapping[str, str]:
        return {"x": "{}"}


def row(number: int, value: float | None = 1.0, **changes: Any) -> TrialRow:
    measured = Measured(NAN, NAN, (1.0,), (), NAN, NAN, 12.5)
    state = TrialState.PROPOSED if value is None else TrialState.COMPLETE
    known = TrialRow(number, state, "search", {"x": 0.5}, {}, {}, None, {}, {})
    if value is not None:
        known = replace(known, objectives=(value,), measured=measured)
    return replace(known, **changes)


def test_until_it_is_on_the_rows_are_passed_on_as_they_are() -> None:
    inner = Inner()
    rows = (row(0, 1.0), row(1, 2.0))
    assert Ahead(inner).propose(rows, {}, 2) == Proposal("search", {"x": 3.0}, {}, {"seen": 2})
    assert inner.asked[0] is rows


@pytest.mark.parametrize("last", [2.0, None], ids=["ended", "in work"])
def test_the_last_trial_counts_as_in_work_whether_it_has_ended_or_not(last: float | None) -> None:
    proposal = Ahead(Inner(), on=True).propose((row(0, 1.0), row(1, last)), {}, 2)
    assert proposal == Proposal("search", {"x": 1.0}, {}, {"seen": 1, AHEAD: True})


def test_a_failure_tells_nothing_either_and_an_interruption_does() -> None:
    failed = row(1, None, state=TrialState.FAILED)
    assert in_work((row(0), failed))[1].state is TrialState.PROPOSED
    stale = row(1, None, state=TrialState.STALE)
    assert in_work((row(0), stale))[1] is stale
    assert in_work(()) == ()


def test_what_was_thought_of_beforehand_holds_where_rows_came_out_so() -> None:
    inner = Inner()
    ahead = Ahead(inner, on=True)
    ahead.think((row(0, 1.0), row(1, None)), {"a": 1}, 2)
    captured = row(1, None, state=TrialState.CAPTURED)
    # as another transaction reads it: equal, and not the same
    found = ahead.propose((row(0, 1.0), captured), {"a": 1}, 2)
    assert found.sampler_attrs == {"seen": 1, AHEAD: True}
    assert len(inner.asked) == 1, "it was not asked again"


@pytest.mark.parametrize(
    ("rows", "attrs"),
    [
        ((row(0, 1.5), row(1, None)), {"a": 1}),
        ((row(0, None, state=TrialState.FAILED), row(1, 2.0)), {"a": 1}),
        ((row(0, 1.0), row(1, None, state=TrialState.STALE)), {"a": 1}),
        ((row(0, 1.0), row(1, None)), {"a": 2}),
        ((row(0, 1.0), row(1, 1.0), row(2, None)), {"a": 1}),
    ],
    ids=["another value", "a failure", "interrupted", "another state", "another's trial"],
)
def test_and_where_they_did_not_it_is_asked_again(
    rows: tuple[TrialRow, ...], attrs: dict[str, int]
) -> None:
    class Patient(Inner):
        def propose(self, rows: Any, study_attrs: Any, number: int) -> Proposal:
            known = [row.objectives[0] for row in rows if row.objectives]
            return Proposal("search", {"x": sum(known)}, {}, {"n": len(rows)})

    ahead = Ahead(Patient(), on=True)
    ahead.think((row(0, 1.0), row(1, None)), {"a": 1}, 2)
    assert ahead.propose(rows, attrs, len(rows)) == Ahead(Patient(), on=True).propose(
        rows, attrs, len(rows)
    )
    thought = ahead.propose((row(0, 1.0), row(1, None)), {"a": 1}, 2)
    assert thought.requested == {"x": 1.0}, "a thought serves once"


def test_nothing_to_propose_is_said_only_once_all_is_known() -> None:
    ahead = Ahead(Inner(most=2), on=True)
    ahead.think((row(0, 1.0), row(1, None)), {}, 2)
    with pytest.raises(SearchExhausted):
        ahead.propose((row(0, 1.0), row(1, None, state=TrialState.CAPTURED)), {}, 2)
    assert ahead.propose((row(0, 1.0), row(1, 2.0)), {}, 2).requested == {"x": 3.0}


def test_a_session_that_was_ahead_goes_on_so() -> None:
    ahead = Ahead(Inner())
    marked = row(1, 2.0, sampler_attrs={AHEAD: True})
    assert ahead.propose((row(0, 1.0), marked), {}, 2).requested == {"x": 1.0}
    assert ahead.on


def test_what_a_person_enqueues_keeps_the_mark() -> None:
    assert Ahead(Inner(), on=True).given({"x": 2.0}, 3, {"who": "me"}).sampler_attrs == {
        "who": "me",
        AHEAD: True,
    }
    assert Ahead(Inner()).given({"x": 2.0}, 3, {}).sampler_attrs == {}
    assert Ahead(Inner()).searched() == {"x": "{}"}
