"""When it pays."""

from __future__ import annotations

import pytest

from hil.session.pipeline.costs import Costs


@pytest.mark.parametrize(
    ("measuring_s", "thinking_s", "saved"),
    [(1.0, 1.0, 0.5), (0.4, 1.6, 0.2), (1.6, 0.4, 0.2), (10.0, 0.5, 0.0476), (0.01, 1.0, 0.0099)],
)
def test_what_is_saved_is_the_shorter_of_the_two(
    measuring_s: float, thinking_s: float, saved: float
) -> None:
    costs = Costs()
    for _ in range(3):
        costs.add(measuring_s, thinking_s)
    assert costs.saved == 0.0, "too few trials to say"
    costs.add(measuring_s, thinking_s)
    assert costs.saved == pytest.approx(saved, rel=0.01)
    assert costs.pays == (saved >= 0.199)


def test_one_trial_that_was_held_up_does_not_count_and_later_ones_do() -> None:
    costs = Costs()
    for measuring_s in (0.1, 900.0, 0.1, 0.1):
        costs.add(measuring_s, 1.0)
    assert costs.saved == pytest.approx(0.1 / 1.1)
    for _ in range(4):
        costs.add(1.0, 1.0)
    assert costs.pays


def test_no_time_at_all() -> None:
    costs = Costs()
    for _ in range(4):
        costs.add(0.0, 0.0)
    assert not costs.pays
