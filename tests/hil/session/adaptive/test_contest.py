"""How far a trial goes, and why it stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest

from hil.proposer.attributes import GAIN_ATTR, NOISE_ATTR
from hil.records.estimate import Assessment, Estimate
from hil.records.trial import FIELDS, FURTHER, Measured, Proposal, TrialRow, TrialState
from hil.session.adaptive.contest import Contest, contest_of, within
from hil.session.stopping import FrameBudget, TrialCost


def seen(bits: Mapping[int, float], excess: float = 0.0) -> Assessment:
    mean = sum(bits.values()) / len(bits)
    own = [bits[field] for field in sorted(bits)]
    estimate = Estimate(
        mean, mean - 1, mean + 1, 0, 0, "gaussian", 9, 9, 0.0, details={"per_field_bits": own}
    )
    return Assessment(estimate, {"bits_per_pixel": mean}, {"dose": excess})


def row(
    number: int,
    bits: Mapping[int, float],
    state: TrialState = TrialState.COMPLETE,
    further: Sequence[int] = (),
    excess: float = 0.0,
) -> TrialRow:
    done = state is TrialState.COMPLETE
    mean = sum(bits.values()) / len(bits)
    measured = Measured(0, 1, tuple(bits.values()), (), 0, 1, 0, tuple(bits)) if done else None
    attrs = {FIELDS: list(bits)[:1], FURTHER: [*list(bits)[1:], *further]}
    values = (mean,) if done else None
    return TrialRow(
        number, state, "search", {"z": number}, {}, attrs, values, {"dose": excess}, {}, None, measured
    )  # fmt: skip


def asked(fields: Sequence[int], further: Sequence[int], gain: float = 0.001) -> Proposal:
    attrs = {FIELDS: list(fields), FURTHER: list(further), GAIN_ATTR: gain, NOISE_ATTR: 0.01}
    return Proposal("search", {"z": 9}, {}, attrs)


class Case(NamedTuple):
    name: str
    bits: Mapping[int, float]
    goes_on_to: int | None
    says: str
    gain: float = 0.001
    further: tuple[int, ...] = (1, 2)
    excess: float = 0.0


BEST = Contest(4, {0: 1.0, 1: 1.2}, 0.001, 0.014, (1, 2))
CASES = [
    Case("surely worse", {0: 0.8}, None, "1 of 3 fields: it is worse than trial 4 (-0.2"),
    Case("surely better", {0: 1.2}, None, "1 of 3 fields: it is better than trial 4 (+0.2"),
    Case("not told apart", {0: 1.01}, 1, "not told from trial 4"),
    Case("there is much to gain", {0: 1.01}, None, "as sure as the search needs", gain=0.1),
    Case("scenes differ, settings do not", {0: 1.0, 1: 1.2}, 2, "not told from trial 4 (+0"),
    Case("told apart by the second", {0: 0.965, 1: 1.165}, None, "2 of 3 fields: it is worse"),
    Case("all taken", {0: 1.0, 1: 1.2, 2: 0.9}, None, "3 of 3 fields: no further one"),
    Case("it may not win", {0: 1.0}, None, "it breaks a constraint", excess=0.1),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_verdict(case: Case) -> None:
    contest = replace(BEST, gain=case.gain, further=case.further)
    found = contest.verdict(seen(case.bits, case.excess), sorted(case.bits))
    assert found.go_on_to == case.goes_on_to
    assert case.says in found.reason


def test_it_is_set_against_the_best_on_its_own_field() -> None:
    rows = [
        row(0, {0: 1.0, 3: 2.0}),
        row(1, {1: 9.0}),  # another scene
        row(2, {0: 1.5}, excess=0.1),  # may not win
        row(3, {0: 1.2, 2: 1.0}),
        row(4, {0: 1.9}, state=TrialState.FAILED),
    ]
    contest = contest_of(rows, asked([0], [1, 2, 3]))
    assert contest is not None
    assert (contest.number, contest.values) == (3, {0: pytest.approx(1.2), 2: pytest.approx(1.0)})
    assert contest.further == (2, 1, 3), "first where there is something to compare with"
    assert contest.sd == pytest.approx(0.01 * 2**0.5)


def test_on_a_new_field_there_is_nothing_to_compare_with_and_another_one_helps() -> None:
    contest = contest_of([row(0, {0: 1.0})], asked([5], [1, 2]))
    assert contest is not None
    assert contest.number is None
    found = contest.verdict(seen({5: 1.0}), [5])
    assert (found.go_on_to, "there is none" in found.reason) == (1, True)


@pytest.mark.parametrize(
    "proposal", [asked([0], []), Proposal("search", {}, {}, {FIELDS: [0], FURTHER: [1]})]
)
def test_who_explores_takes_what_was_planned(proposal: Proposal) -> None:
    assert contest_of([row(0, {0: 1.0})], proposal) is None


@pytest.mark.parametrize(
    ("frames", "further", "why"),
    [(16, (1, 2, 3), ""), (13, (1,), ""), (11, (), ""), (9, (), "exceed 9 frames")],
)
def test_a_budget_leaves_what_it_has_room_for(
    frames: int, further: tuple[int, ...], why: str
) -> None:
    """Two frames a field: one trial that took two fields, and one in work that might take two."""
    rows = [row(0, {0: 1.0, 1: 1.0}, further=(2, 3)), row(1, {0: 1.0}, TrialState.APPLIED, (1,))]
    rules = (FrameBudget(frames, TrialCost(8, lambda settings: 0.0, 4)),)
    found, problem = within(rules, rows, asked([0], [1, 2, 3]))
    assert why in problem
    assert bool(problem) == bool(why)
    assert found.further == further


def test_a_trial_is_repeated_with_the_fields_that_it_took() -> None:
    took = row(0, {0: 1.0, 1: 1.0}, further=(2, 3))
    assert took.attrs_as_taken == {FIELDS: [0, 1]}
    assert took.charged_fields == (0, 1)
    assert row(1, {0: 1.0}, TrialState.STALE, (1,)).charged_fields == (0, 1)
