"""The last trials: some different leaders, then the two that are closest, until one is the best."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hil.proposer import OptunaProposer, SearchPlan
from hil.proposer.finals import ask_about
from hil.proposer.samplers import Prefers, make_sampler
from hil.ranking.expected import expected
from hil.records.trial import (
    EXPECTED,
    FIELDS,
    FURTHER,
    Measured,
    SearchExhausted,
    TrialState,
)
from hil.spec import AutoSampler, RandomSampler
from tests.hil.proposer.by_model import small_model
from tests.hil.proposer.test_optuna_proposer import AXES, Table

PLAN = SearchPlan(
    AXES,
    frozenset(),
    RandomSampler(kind="random"),
    seed=3,
    trials=30,
    remeasure=12,
    n_fields=4,
    n_to_search=4,
)


def measure(table: Table, noise: float, rng: np.random.Generator) -> None:
    """End the last trial: the nearer to the middle the better, fields a tenth apart."""
    row = table.rows[-1]
    value = 2.0 - sum(float(v) ** 2 for v in row.requested.values()) / 1e4
    which = row.fields or range(4)
    bits = [value + 0.1 * field + noise * rng.standard_normal() for field in which]
    mean = float(np.mean(bits))
    measured = Measured(mean - 0.1, mean + 0.1, tuple(bits), (), 0, 1, 0, row.fields)
    table.end(TrialState.COMPLETE, objectives=(mean,), measured=measured)


def searched(plan: SearchPlan, noise: float) -> tuple[Table, OptunaProposer, np.random.Generator]:
    table, proposer, rng = Table(), OptunaProposer(plan), np.random.default_rng(1)
    while len(table.rows) < plan.trials - plan.remeasure:
        assert table.ask(proposer).kind != "again"
        measure(table, noise, rng)
    return table, proposer, rng


def test_they_end_when_one_is_the_best() -> None:
    table, proposer, rng = searched(PLAN, 1e-4)
    for _ in range(3):
        assert table.ask(proposer).kind == "again"
        measure(table, 1e-4, rng)
    assert len({row.retry_of for row in table.rows[-3:]}) == 3
    with pytest.raises(SearchExhausted, match="is the best of 3 leaders with probability"):
        table.ask(proposer)


def test_the_closest_two_are_measured_until_the_trials_are_spent() -> None:
    table, proposer, rng = searched(replace(PLAN, confidence=0.999), 0.2)
    for _ in range(12):
        proposal = table.ask(proposer)
        assert proposal.kind == "again"
        fresh = OptunaProposer(replace(PLAN, confidence=0.999))
        said = fresh.propose(table.rows[:-1], table.attrs, len(table.rows) - 1)
        assert (said.requested, said.retry_of) == (proposal.requested, proposal.retry_of)
        measure(table, 0.2, rng)
    counts = np.unique([row.retry_of for row in table.rows[-12:]], return_counts=True)[1]
    assert counts.size == 3
    assert counts.max() > 3


def test_what_was_interrupted_is_asked_for_again() -> None:
    table, proposer, rng = searched(PLAN, 0.2)
    for _ in range(4):
        table.ask(proposer)
        measure(table, 0.2, rng)
    lost = table.ask(proposer)
    table.end(TrialState.STALE)
    again = table.ask(OptunaProposer(PLAN))
    assert (again.kind, again.requested) == ("again", lost.requested)


def test_two_controllers_share_the_closest_two() -> None:
    table, one, rng = searched(PLAN, 0.2)
    other = OptunaProposer(PLAN)
    for _ in range(5):
        table.ask(one)
        measure(table, 0.2, rng)
    first, second = table.ask(one), table.ask(other)
    counts = {
        number: sum(row.retry_of == number for row in table.rows)
        for number in (first.retry_of, second.retry_of)
    }
    assert {first.kind, second.kind} == {"again"}
    assert max(counts.values()) <= 4


def test_leaders_that_break_a_constraint_make_room_for_others() -> None:
    table, proposer, rng = searched(PLAN, 0.05)
    for _ in range(4):
        table.ask(proposer)
        measure(table, 0.05, rng)
        broken = len({row.retry_of for row in table.rows if row.kind == "again"}) <= 2
        table.rows[-1] = replace(table.rows[-1], constraints={"dose": 1.0 if broken else -1.0})
    assert len({row.retry_of for row in table.rows if row.kind == "again"}) == 4


def test_a_search_that_went_on_ends_with_leaders_of_its_own() -> None:
    table, proposer, rng = searched(replace(PLAN, remeasure=3), 0.2)
    for _ in range(3):
        table.ask(proposer)
        measure(table, 0.2, rng)
    longer = OptunaProposer(replace(PLAN, remeasure=3, trials=40))
    kinds = []
    for _ in range(10):
        kinds.append(table.ask(longer).kind)
        measure(table, 0.2, rng)
    assert kinds == ["search"] * 7 + ["again"] * 3


def test_the_best_of_a_model_of_the_optics_is_a_leader_whatever_the_process_says() -> None:
    plan = small_model.plan(model=small_model.InMemory(), n_fields=4, trials=9, remeasure=3)
    best = dict.fromkeys(small_model.NAMES, -10.0)
    rows = [small_model.row(number, 0.5) for number in range(4)]
    rows.append(small_model.row(4, 1.0, best, step="correction"))
    rows.append(small_model.row(5, 0.9, step="auto", why=""))
    proposal = OptunaProposer(plan).propose(rows, {}, len(rows))
    assert (proposal.kind, proposal.requested) == ("again", best)
    assert proposal.fields == (), "all of them"


def test_only_who_expects_something_may_go_on_to_further_fields() -> None:
    plan = replace(PLAN, sampler=AutoSampler(kind="auto"), n_to_search=1, most_to_search=3)
    table, proposer, rng = Table(), OptunaProposer(plan), np.random.default_rng(2)
    found: list[Any] = []
    for _ in range(8):
        found.append(table.ask(proposer))
        measure(table, 0.01, rng)
    assert all(len(proposal.sampler_attrs[FIELDS]) == 1 for proposal in found)
    assert [FURTHER in proposal.sampler_attrs for proposal in found[:5]] == [False] * 5
    assert found[5].further
    assert found[5].most_fields == (*found[5].fields, *found[5].further)
    assert len(set(found[5].most_fields)) == 3


def test_what_the_search_says_of_leaders_is_kept_and_fresh_frames_do_not_count_in_it() -> None:
    plan = replace(PLAN, sampler=AutoSampler(kind="auto"), n_to_search=1, trials=16, remeasure=4)
    table, proposer, rng = searched(plan, 0.003)
    table.ask(proposer)
    leader = table.rows[-1]
    assert EXPECTED not in leader.sampler_attrs, "there is no leader before it"
    measure(table, 0.5, rng)
    before = list(table.rows)
    wanted = table.ask(proposer)
    told = wanted.sampler_attrs[EXPECTED]
    study = OptunaProposer(plan).follow(before)
    sampler = make_sampler(plan.sampler, ask_about(plan, before, len(before), {}))
    assert isinstance(sampler, Prefers)
    axes = study.trials[-1].distributions
    for leave_out, same in ((leader.number,), True), ((), False):
        found = sampler.differences(study, axes, wanted.requested, [leader.requested], leave_out)
        assert found is not None
        assert (told == {str(leader.number): pytest.approx(found[0])}) is same
    measure(table, 0.003, rng)
    known = expected([[table.rows[-2]], [table.rows[-1]]], table.rows)
    assert known is not None
    assert known.mean[1] - known.mean[0] == pytest.approx(told[str(leader.number)][0])


def test_samplers_without_a_model_say_nothing_of_leaders() -> None:
    table, proposer, rng = searched(PLAN, 0.05)
    for _ in range(3):
        table.ask(proposer)
        measure(table, 0.05, rng)
    assert not any(EXPECTED in row.sampler_attrs for row in table.rows)


def test_where_leaders_are_barred_a_far_corner_is_none() -> None:
    """A model that prefers what is allowed came to a corner of which it expected nothing."""
    plan = replace(PLAN, sampler=AutoSampler(kind="auto"), n_to_search=1, trials=18, remeasure=4)
    table, proposer, rng = searched(plan, 0.003)
    for _ in range(4):
        table.ask(proposer)
        measure(table, 0.003, rng)
        table.rows[-1] = replace(table.rows[-1], constraints={"flagged": 1.0})
    search = [row.objectives[0] for row in table.rows if row.kind != "again" and row.objectives]
    again = [row.objectives[0] for row in table.rows if row.kind == "again" and row.objectives]
    assert min(again) > np.quantile(search, 0.4), again
