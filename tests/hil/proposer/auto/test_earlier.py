"""Trials of earlier sessions: they help where they tell the truth, and cost little where not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import FrozenTrial

from hil.proposer import InformationSampler
from hil.proposer.auto.earlier import Earlier, Together, agrees
from hil.proposer.auto.observations import Observations

FOUR: dict[str, BaseDistribution] = {f"z{i}_nm": FloatDistribution(-100, 100) for i in range(4)}
HIDDEN = np.array([60.0, -35, 20, -45])


def sharpness(hidden: np.ndarray[Any, Any], level: float = 1.0) -> Callable[..., float]:
    def value(params: Mapping[str, Any]) -> float:
        away = np.array([params[name] for name in FOUR]) - hidden
        return level * float(np.exp(-(away**2).sum() / 9000))

    return value


def searched(
    truth: Callable[..., float],
    trials: int,
    earlier: Sequence[tuple[list[FrozenTrial], float]] = (),
) -> optuna.Study:
    sampler = InformationSampler(search_space=FOUR, seed=3, earlier=earlier)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for _ in range(trials):
        trial = study.ask(dict(FOUR))
        study.tell(trial, truth(trial.params))
    return study


def first_at(study: optuna.Study, truth: Callable[..., float], best: float) -> int:
    reached = [truth(trial.params) >= 0.95 * best for trial in study.trials]
    return reached.index(True) if any(reached) else len(reached)


@pytest.fixture(scope="module")
def before() -> list[FrozenTrial]:
    return searched(sharpness(HIDDEN), 16).trials


def test_the_same_rig_a_day_later_and_another_sample(before: list[FrozenTrial]) -> None:
    moved = sharpness(HIDDEN + np.array([8.0, 0, -8, 5]), level=0.3)
    assert first_at(searched(moved, 5, [(before, 0.1)]), moved, 0.3) < 4
    assert first_at(searched(moved, 5), moved, 0.3) == 5, "the star alone takes 5"


def test_another_state_costs_one_trial(before: list[FrozenTrial]) -> None:
    other = sharpness(-HIDDEN)
    alone = [trial.params for trial in searched(other, 5).trials]
    misled = [trial.params for trial in searched(other, 6, [(before, 0.1)]).trials]
    assert misled[0] == alone[0]
    assert misled[2:] == alone[1:], "the star follows as if there had been nothing"


def test_the_same_trials_the_same_proposals(before: list[FrozenTrial]) -> None:
    truth = sharpness(HIDDEN)
    once = [t.params for t in searched(truth, 5, [(before, 0.1)]).trials]
    assert once == [t.params for t in searched(truth, 5, [(before, 0.1)]).trials]


def test_what_is_too_little_or_elsewhere_is_passed_over(before: list[FrozenTrial]) -> None:
    truth = sharpness(HIDDEN)
    alone = [trial.params for trial in searched(truth, 3).trials]
    assert [trial.params for trial in searched(truth, 3, [(before[:1], 0.1)]).trials] == alone


@pytest.mark.parametrize(
    ("measured", "told"), [([1.0, 2.0], True), ([1.0, 1.05], False), ([2.0, 1.0], False)]
)
def test_agreement(measured: list[float], told: bool) -> None:
    none = np.zeros((2, 0))
    own = Observations(
        np.zeros((2, 1)), np.array(measured)[:, None], np.full(2, np.nan), none, none, none
    )
    assert agrees(own, np.log([0.1, 0.2]), np.full(2, 0.01)) is told


def test_all_fields_of_view_that_were_seen_count_alike_however_often() -> None:
    def seen(fields: list[int], n_fields: int) -> Observations:
        n, none = len(fields), np.zeros((len(fields), 0))
        return Observations(
            np.zeros((n, 1)), np.ones((n, 1)), np.ones(n), np.eye(n_fields)[fields], none, none
        )

    together = Together(seen([0, 0, 0, 2], 4), [Earlier(seen([0, 1], 2), 0.1)])
    assert together.share.tolist() == [0.5, 0, 0.5, 0, 0, 0, 0]
