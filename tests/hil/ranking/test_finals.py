"""Leaders with fresh frames: who is the best, how sure that is, and whom to measure next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from hil.ranking.finals import leaders_of, standing, winner_of
from hil.records.trial import UNDECIDED, Measured, TrialKind, TrialRow, TrialState

N_FIELDS = 8
T_95 = 2.365  # Student's t of 7 degrees of freedom


def again(
    number: int,
    place: float,
    bits: Sequence[float],
    kind: TrialKind = "again",
    state: TrialState = TrialState.COMPLETE,
    excess: float = 0.0,
) -> TrialRow:
    centre = float(np.mean(bits)) if len(bits) else 0.0
    half = T_95 * float(np.std(bits, ddof=1)) / len(bits) ** 0.5 if len(bits) > 1 else 0.1
    measured = Measured(centre - half, centre + half, tuple(bits), (), 0.0, 1.0, 0.0)
    return TrialRow(
        number,
        state,
        kind,
        {"z": place},
        {},
        {},
        (centre,) if state is TrialState.COMPLETE else None,
        {"dose": excess},
        {},
        None,
        measured if state is TrialState.COMPLETE else None,
    )


def scenes(rng: np.random.Generator, sd: float = 0.1) -> np.ndarray:
    return 1 + sd * rng.standard_normal(N_FIELDS)


def test_fields_that_differ_do_not_hide_who_is_better() -> None:
    rng = np.random.default_rng(1)
    fields = scenes(rng)
    rows = [
        again(i, i, fields + value + 0.005 * rng.standard_normal(N_FIELDS))
        for i, value in enumerate((0.0, 0.03, 0.01))
    ]
    found = winner_of(rows, 0.95)
    assert found is not None
    assert (found.number, found.decided, found.as_good) == (1, True, ())
    assert found.probability > 0.99
    assert found.ci_low < 1.0 < found.ci_high, "the sample's own scatter is in the interval"


def test_equals_are_not_called_apart() -> None:
    rng = np.random.default_rng(2)
    fields = scenes(rng)
    rows = [again(i, i, fields + 0.01 * rng.standard_normal(N_FIELDS)) for i in range(4)]
    found = winner_of(rows, 0.95)
    assert found is not None
    assert not found.decided
    assert found.probability < 0.8
    assert found.as_good


@pytest.mark.parametrize("spread", [0.0, 0.003, 0.01, 0.05])
def test_what_is_stated_holds_after_the_selection(spread: float) -> None:
    """Probability, value and interval of winners, over samples whose fields are drawn anew."""
    rng = np.random.default_rng(3)
    stated, was, bias, holds = [], [], [], []
    for _ in range(120):
        truth = 1 + spread * rng.standard_normal(4)
        fields = scenes(rng) - 1
        rows = [
            again(i, i, t + fields + 0.01 * rng.standard_normal(N_FIELDS))
            for i, t in enumerate(truth)
        ]
        found = winner_of(rows, 0.95)
        assert found is not None
        stated.append(found.probability)
        was.append(truth[found.number] >= truth.max() - 1e-12)
        bias.append(found.objective - truth[found.number] - fields.mean())
        holds.append(found.ci_low <= truth[found.number] <= found.ci_high)
    if spread:
        assert abs(np.mean(stated) - np.mean(was)) < 0.1
    most = 0.0012 if spread else 0.0022  # the luckiest of four equals lies 0.0036 above
    assert abs(np.mean(bias)) < most
    assert 0.9 <= np.mean(holds) <= 0.99


def test_the_next_trial_goes_to_the_two_that_are_closest() -> None:
    rng = np.random.default_rng(4)
    fields = scenes(rng)

    def measured(number: int, place: float, value: float) -> TrialRow:
        return again(number, place, fields + value + 0.01 * rng.standard_normal(N_FIELDS))

    rows = [measured(0, 0, 0.0), measured(1, 1, 0.1), measured(2, 2, 0.101)]
    taken = []
    for number in range(3, 9):
        found = standing(rows)
        assert found is not None
        taken.append(found.next.number)
        rows.append(measured(number, found.next.number, (0.0, 0.1, 0.101)[found.next.number]))
    assert set(taken) == {1, 2}
    assert sorted((taken.count(1), taken.count(2))) == [3, 3]


def test_what_is_in_work_counts_for_the_allocation_alone() -> None:
    rng = np.random.default_rng(5)
    fields = scenes(rng)
    rows = [again(i, i, fields + 0.01 * rng.standard_normal(N_FIELDS)) for i in range(2)]
    before = standing(rows)
    assert before is not None
    other = before.next.number
    rows.append(again(2, other, (), state=TrialState.APPLIED))
    after = standing(rows)
    assert after is not None
    assert after.next.number != other
    assert after.probability == pytest.approx(before.probability, abs=0.02)


def test_who_broke_a_constraint_or_was_not_measured_is_no_leader() -> None:
    rows = [
        again(0, 0, (1.0, 1.1)),
        again(1, 1, (2.0, 2.1), excess=0.1),
        again(2, 2, (), state=TrialState.FAILED),
        again(3, 3, (3.0, 3.1), kind="search"),
    ]
    assert [leader.number for leader in leaders_of(rows)] == [0]
    found = winner_of(rows, 0.95)
    assert found is not None
    assert (found.number, found.n_compared, found.probability) == (0, 1, 1.0)
    assert winner_of(rows[1:], 0.95) is None


def test_what_one_field_could_not_decide_does_not_keep_a_leader_out() -> None:
    searched = replace(again(0, 1, (1.2,), kind="search"), constraints={UNDECIDED: 1.0})
    rows = [searched, again(1, 1, (1.0, 1.1)), again(2, 2, (0.5, 0.6))]
    assert [leader.number for leader in leaders_of(rows)] == [0, 2]


def test_one_field_stands_on_the_trials_own_intervals() -> None:
    rows = [again(0, 0, (1.0,)), again(1, 1, (1.02,)), again(2, 2, (2.0,))]
    found = winner_of(rows, 0.95)
    assert found is not None
    assert (found.number, found.decided) == (2, True)
    unsure = winner_of(rows[:2], 0.95)
    assert unsure is not None
    assert not unsure.decided


def test_the_same_rows_say_the_same() -> None:
    rows = [again(i, i, (1.0 + i / 10, 1.1, 0.9, 1.2)) for i in range(3)]
    assert winner_of(rows, 0.95) == winner_of(rows, 0.95)
    found = standing(rows)
    assert found is not None
    assert found.over(0.4)
    assert found.over(0.999999) == ""
