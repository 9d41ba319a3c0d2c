"""What ends a session: each rule alone, then all of them in sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from hil.records.trial import FIELDS, Measured, Proposal, TrialRow, TrialState
from hil.session.stopping import (
    AskedFor,
    Course,
    DoseBudget,
    FailuresInARow,
    FrameBudget,
    StopRule,
    Target,
    TrialCost,
    Trials,
    WallTime,
    stop_rules,
)
from hil.spec import Stop
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION


class Moment(NamedTuple):
    name: str
    rule: StopRule
    before: Course
    after: Course
    state: str
    says: str


MOMENTS = [
    Moment("asked", AskedFor(), Course(), Course(asked_to_stop="enough"), "STOPPED", "enough"),
    Moment("target", Target(2.0), Course(highest=1.99), Course(highest=2.0), "COMPLETE", "target of 2"),
    Moment("failures", FailuresInARow(3), Course(failures=2), Course(failures=3, last_fault="trial 7: dark"), "FAILED", "trial 7: dark"),
    Moment("time", WallTime(60.0), Course(elapsed_s=59.9), Course(elapsed_s=60.0), "COMPLETE", "60 s is over"),
]  # fmt: skip


@pytest.mark.parametrize("case", MOMENTS, ids=lambda case: case.name)
def test_a_session_ends_at_the_bound_and_not_before(case: Moment) -> None:
    assert case.rule.met(case.before) is None
    ending = case.rule.met(case.after)
    assert ending is not None
    assert ending.state == case.state
    assert case.says in ending.reason
    assert case.rule.refuses([]) == case.rule.refuses_proposal([], ONE) == ""


ONE = Proposal("search", {"mw": 1.0})


def row(number: int, dose_mj: float | None) -> TrialRow:
    measured = None if dose_mj is None else Measured(0.0, 1.0, (0.5,), (), 0.4, dose_mj, 0.0)
    state = TrialState.FAILED if dose_mj is None else TrialState.COMPLETE
    return TrialRow(number, state, "search", {"mw": 1.0}, {}, {}, (0.5,), {}, {}, None, measured)


class Budget(NamedTuple):
    name: str
    doses: list[float | None]
    limit_mj: float
    fits: bool


BUDGETS = [
    Budget("the last that fits", [1.0, 1.0], 3.0, True),
    Budget("one too many", [1.0, 1.0, 1.0], 3.0, False),
    Budget("one that failed counts in full", [1.0, None], 2.9, False),
    Budget("always lit: as the worst so far", [1.0, 1.5], 3.9, False),
    Budget("always lit: enough", [1.0, 1.5], 4.0, True),
]


@pytest.mark.parametrize("case", BUDGETS, ids=lambda case: case.name)
def test_no_trial_starts_that_would_exceed_the_sessions_dose(case: Budget) -> None:
    budget = DoseBudget(case.limit_mj, TrialCost(1, lambda settings: float(settings["mw"])))
    rows = [row(number, dose) for number, dose in enumerate(case.doses)]
    assert (not budget.refuses_proposal(rows, ONE)) == case.fits


def states(*names: str) -> list[TrialRow]:
    made = [row(number, 1.0) for number in range(len(names))]
    return [replace(one, state=TrialState(name)) for one, name in zip(made, names, strict=True)]


def test_interrupted_trials_are_made_up_for_but_their_frames_were_taken() -> None:
    rows = states("COMPLETE", "ABORTED", "FAILED", "STALE")
    assert Trials(3).refuses(rows) == ""
    assert "all 2 trials" in Trials(2).refuses(rows)
    cost = TrialCost(8, lambda settings: 0.1)
    assert FrameBudget(40, cost).refuses_proposal(rows, ONE) == ""
    assert "39 frames" in FrameBudget(39, cost).refuses_proposal(rows, ONE)


def test_trials_that_take_some_of_the_fields_count_for_what_they_take() -> None:
    cost = TrialCost(8, lambda settings: 0.8, n_fields=4)
    few = {FIELDS: [2]}
    rows = [replace(one, sampler_attrs=few) for one in states("FAILED", "FAILED")]
    one_field = Proposal("search", {"mw": 1.0}, {}, few)
    assert FrameBudget(6, cost).refuses_proposal(rows, one_field) == ""
    assert FrameBudget(5, cost).refuses_proposal(rows, one_field)
    assert FrameBudget(11, cost).refuses_proposal(rows, ONE)
    failed = [replace(one, measured=None) for one in rows]
    assert DoseBudget(0.6, cost).refuses_proposal(failed, one_field) == ""
    assert DoseBudget(0.59, cost).refuses_proposal(failed, one_field)


def test_every_key_of_a_session_file_makes_a_rule() -> None:
    cost = TrialCost(8, lambda settings: 0.1)
    stop = Stop(frames=80, dose_mj=1.0, wall_s=60.0, target=2.0, failures_in_a_row=5)
    proposers_own = {"gain"}  # leaders are measured again after it
    assert len(stop_rules(10, stop, cost)) == 2 + len({*Stop.model_fields} - proposers_own)
    assert [type(rule) for rule in stop_rules(10, Stop(), cost)] == [
        AskedFor,
        Trials,
        FailuresInARow,
    ]


class End(NamedTuple):
    name: str
    stop: str
    trials: int
    reason: str


ENDS = [
    End("frames", "frames = 24", 3, "exceed 24 frames"),
    End("target", "target = -1.0", 1, "target of -1 was reached"),
    End("time", "wall_s = 0.000001", 0, "the time of 1e-06 s is over"),
]


@pytest.mark.parametrize("case", ENDS, ids=lambda case: case.name)
def test_stop_conditions_are_obeyed_exactly(case: End, bench: Bench) -> None:
    bench.write(RIG, SESSION + f"\n[stop]\n{case.stop}\n")
    result = bench.run()
    assert (result.state, result.n_trials) == ("COMPLETE", case.trials)
    assert case.reason in result.reason
