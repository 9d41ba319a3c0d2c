"""Sampler ``auto``, in studies of Optuna as anybody makes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from hil.proposer.auto import InformationSampler

SIX = {f"z{i}_nm": FloatDistribution(-100, 100) for i in range(6)}
HIDDEN = np.array([60.0, -35, 20, -45, 10, 30])


def sharpness(params: Mapping[str, Any]) -> float:
    away = np.array([params[name] for name in SIX]) - HIDDEN
    return float(np.exp(-(away**2).sum() / 9000))


def searched(
    objective: Callable[[Mapping[str, Any]], float],
    axes: Mapping[str, BaseDistribution],
    trials: int,
    enough: float = math.inf,
    **options: Any,
) -> optuna.Study:
    """Search for so many trials, or until the best is more than enough: it can only get better."""
    study = optuna.create_study(
        direction="maximize", sampler=InformationSampler(search_space=axes, **options)
    )
    for _ in range(trials):
        trial = study.ask(dict(axes))
        study.tell(trial, objective(trial.params))
        if study.best_value > enough:
            break
    return study


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hidden_aberrations_are_found_in_few_trials(seed: int) -> None:
    study = searched(sharpness, SIX, 25, enough=0.95, seed=seed)
    assert study.best_value > 0.95


def test_it_begins_at_the_present_settings() -> None:
    present = dict(zip(SIX, (10.0, 0, 0, 0, 0, -5), strict=True))
    study = searched(sharpness, SIX, 1, seed=1, present=present)
    assert study.trials[0].params == pytest.approx(present)


def test_the_same_study_and_seed_the_same_proposal() -> None:
    first = [t.params for t in searched(sharpness, SIX, 12, seed=5).trials]
    assert first == [t.params for t in searched(sharpness, SIX, 12, seed=5).trials]
    assert first != [t.params for t in searched(sharpness, SIX, 12, seed=6).trials]


def test_one_good_choice_of_six_is_found() -> None:
    axes = {"wheel": CategoricalDistribution("abcdef"), "z_um": FloatDistribution(-5, 5)}

    def objective(params: Mapping[str, Any]) -> float:
        return (1.0 if params["wheel"] == "e" else 0.4) * float(
            np.exp(-((params["z_um"] - 2) ** 2))
        )

    # at random 95 % comes once in 130 trials
    study = searched(objective, axes, 30, seed=1)
    assert study.best_params["wheel"] == "e"
    assert study.best_value > 0.95


def test_the_higher_of_two_optima() -> None:
    """The parabola through the first must not hide the second."""
    axes = {"a": FloatDistribution(0, 1), "b": FloatDistribution(0, 1)}

    def objective(params: Mapping[str, Any]) -> float:
        x = np.array([params["a"], params["b"]])
        low = 0.6 * np.exp(-(((x - 0.3) / 0.2) ** 2).sum())
        high = 1.0 * np.exp(-(((x - 0.85) / 0.1) ** 2).sum())
        return float(0.05 + low + high)

    found = 0
    for seed in (1, 2, 3):
        found += searched(objective, axes, 45, enough=0.95, seed=seed).best_value > 0.95
        if found == 2:  # of three: the last one changes nothing
            break
    assert found == 2


def test_an_optimum_at_a_bound_and_integers() -> None:
    axes = {"n": IntDistribution(1, 8), "power_mw": FloatDistribution(0.1, 10, log=True)}
    study = searched(lambda p: p["n"] * np.log1p(p["power_mw"]), axes, 20, seed=1)
    assert study.best_params["n"] == 8
    assert study.best_params["power_mw"] > 9.5


def test_proposals_stay_inside_joint_limits() -> None:
    def allowed(params: Mapping[str, Any]) -> dict[str, Any]:
        length = float(np.linalg.norm(list(params.values())))
        return {name: value * min(1.0, 120 / max(length, 1e-9)) for name, value in params.items()}

    study = searched(sharpness, SIX, 20, seed=2, allowed=allowed)
    for trial in study.trials:
        assert np.linalg.norm(list(trial.params.values())) <= 120 + 1e-6


def test_trials_in_flight_are_not_asked_for_twice() -> None:
    study = searched(sharpness, SIX, 10, seed=3)
    trials = [study.ask(dict(SIX)) for _ in range(3)]
    points = np.array([list(trial.params.values()) for trial in trials])
    assert min(np.linalg.norm(points[i] - points[j]) for i, j in ((0, 1), (0, 2), (1, 2))) > 1


def test_failed_trials_and_a_loss() -> None:
    study = optuna.create_study(direction="minimize", sampler=InformationSampler(seed=1))
    for i in range(16):
        trial = study.ask(dict(SIX))
        if i % 5 == 4:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, -sharpness(trial.params))
    assert study.best_value < -sharpness(study.trials[0].params)


def test_define_by_run_without_a_search_space() -> None:
    study = optuna.create_study(direction="maximize", sampler=InformationSampler(seed=1))
    study.optimize(lambda t: -((t.suggest_float("x", -1, 1) - 0.3) ** 2), n_trials=12)
    assert study.best_params["x"] == pytest.approx(0.3, abs=0.05)


def test_two_objectives() -> None:
    axes = {"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}
    study = optuna.create_study(
        directions=["maximize", "maximize"], sampler=InformationSampler(search_space=axes, seed=1)
    )
    for _ in range(14):
        trial = study.ask(dict(axes))
        x, y = trial.params["x"], trial.params["y"]
        study.tell(trial, [x - (y - 0.5) ** 2, 1 - x - (y - 0.5) ** 2])
    front = [t for t in study.best_trials if abs(t.params["y"] - 0.5) < 0.15]
    assert len(front) >= 4


def test_constraints_keep_the_best_out() -> None:
    axes = {"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}
    study = optuna.create_study(
        direction="maximize", sampler=InformationSampler(search_space=axes, seed=1)
    )
    feasible = []
    for _ in range(18):
        trial = study.ask(dict(axes))
        x = trial.params["x"]
        trial.set_constraint("saturated", x - 0.6)
        study.tell(trial, x + 0.1 - (trial.params["y"] - 0.4) ** 2)
        feasible.append(x if x <= 0.6 else 0.0)
    assert max(feasible) > 0.55
    assert sum(x > 0 for x in feasible[6:]) >= 4


def test_what_it_prefers_and_what_leads() -> None:
    study = searched(sharpness, SIX, 22, seed=4)
    sampler = study.sampler
    assert isinstance(sampler, InformationSampler)
    preferred = sampler.preferred(study, SIX, 22)
    assert preferred is not None
    assert sharpness(preferred) > 0.9
    leaders = sampler.leaders(study, SIX)
    assert len(leaders) == 22
    assert sharpness(leaders[0]) >= sharpness(leaders[-1])
    assert InformationSampler(seed=1).preferred(optuna.create_study(), SIX, 0) is None


def test_narrower_ranges_keep_what_is_known_and_what_wins_lies_inside() -> None:
    study = searched(sharpness, SIX, 16, seed=4)
    narrow: dict[str, BaseDistribution] = {name: FloatDistribution(-30, 30) for name in SIX}
    sampler = InformationSampler(search_space=narrow, seed=4)
    params, gain = sampler.propose(study, narrow, 16)
    assert gain is not None, "the model is asked, there is no second star"
    assert all(abs(value) <= 30 for value in params.values())
    # the nearest to the hidden ones that is still allowed, as 16 trials tell
    assert sharpness(params) > 0.9 * sharpness(
        dict(zip(SIX, np.clip(HIDDEN, -30, 30), strict=True))
    )
    leaders = sampler.leaders(study, narrow)
    assert all(abs(value) <= 30 for own in leaders for value in own.values())


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_how_much_more_settings_bring_is_said_in_the_objective_s_own_direction(sign: float) -> None:
    direction = "maximize" if sign > 0 else "minimize"
    sampler = InformationSampler(search_space=SIX, seed=1)
    study = optuna.create_study(direction=direction, sampler=sampler)
    for _ in range(20):
        trial = study.ask(dict(SIX))
        study.tell(trial, sign * sharpness(trial.params))
    best = dict(zip(SIX, HIDDEN, strict=True))
    worse = {**best, "z0_nm": 40.0}
    found = sampler.differences(study, SIX, best, [worse, best])
    assert found is not None
    (difference, sd), same = found
    # more of what is minimised is worse
    assert sign * difference == pytest.approx(1 - sharpness(worse), abs=3 * sd)
    assert same == pytest.approx((0.0, 0.0), abs=1e-6)
    assert sampler.differences(study, SIX, best, [worse], leave_out=range(19)) is None
