from __future__ import annotations

from dataclasses import replace

from hil.proposer.by_model.seen import around, look, step_of
from tests.hil.proposer.by_model.small_model import NAMES, InMemory, plan, row


def test_frames_of_the_same_field_go_together() -> None:
    rows = [row(0, fields=(2,)), row(1, fields=(2,)), row(2, fields=(0, 1)), row(3, None)]
    seen = look(plan(n_fields=3), rows)
    assert [one.number for one in seen.used] == [0, 1]
    assert seen.fields == (2,)
    assert [one.number for one in seen.pending] == [3]


def test_trials_of_all_fields_share_two_of_them() -> None:
    seen = look(plan(n_fields=4), [row(0), row(1), row(2, fields=(1, 3))])
    assert [one.number for one in seen.used] == [0, 1, 2]
    assert seen.fields == (1, 3)


def test_the_newest_trials_are_used_where_there_are_many() -> None:
    seen = look(plan(), [row(number) for number in range(30)])
    assert [one.number for one in seen.used] == list(range(18, 30))


def test_the_best_keeps_to_the_constraints_and_was_no_leader_measured_again() -> None:
    rows = [row(0), replace(row(1, 3.0), constraints={"dose_mj": 0.1}), row(2, 2.0)]
    rows.append(replace(row(3, 9.0), kind="again"))
    best = look(plan(), rows).best()
    assert best is not None
    assert best.number == 2


CASES = [
    ("better than all", 1.2, 0.0, False),
    ("as good", 0.995, 0.0, False),
    ("surely worse", 0.9, 0.0, True),
    ("worse, and nobody can tell", 0.9, 0.2, False),
]


def test_information_is_the_referee() -> None:
    for name, value, half, refuted in CASES:
        rows = [row(0, 1.0, half=half), row(1, 0.5), row(2, value, half=half, step="correction")]
        told = look(plan(), rows).refuted()
        assert bool(told) is refuted, name
        assert not refuted or "trial 2, measured 0.9, and trial 0 1" in told


def test_a_better_trial_afterwards_does_not_speak_against_a_correction() -> None:
    rows = [row(0), row(1, 1.5, step="correction"), row(2, 3.0)]
    assert look(plan(), rows).refuted() == ""


def test_auto_begins_around_the_best_before_it_took_over_and_stays_there() -> None:
    there = dict.fromkeys(NAMES, 7.0)
    rows = [row(0), row(1, 2.0, there, step="correction")]
    rows.append(row(2, 0.1, step="auto", why="", reach=0.1))
    own = plan(model=InMemory())
    assert around(own, rows, {}) == (there, 0.1)
    better = row(3, 9.0, dict.fromkeys(NAMES, 50.0))
    assert around(own, [*rows, better], {}) == (there, 0.1)
    assert around(own, rows[:2], {"reach": 0.2}) == (there, 0.2)
    assert around(plan(), rows, {}) == (plan().start, None), "no model, so nothing changes"
    assert [step_of(one) for one in rows] == ["", "correction", "auto"]
