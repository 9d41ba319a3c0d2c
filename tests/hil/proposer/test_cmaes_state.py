"""CMA-ES remembers in numbers, proposes as Optuna's, and never runs what a database holds."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from cmaes import CMA
from optuna.samplers import BaseSampler, CmaEsSampler

from hil.proposer.cmaes_state import STATE, NumericCmaEsSampler, from_numbers, to_numbers


def proposals(make: type[CmaEsSampler], trials: int = 30) -> list[dict[str, Any]]:
    study = optuna.create_study()
    for number in range(trials):
        sampler: BaseSampler = make(n_startup_trials=3, popsize=4, seed=number)
        study.sampler = sampler
        study.optimize(
            lambda t: (t.suggest_float("x", -3, 3) - 1) ** 2 + t.suggest_float("y", 0, 2), 1
        )
    return [trial.params for trial in study.trials]


def test_the_proposals_are_those_of_optuna() -> None:
    assert proposals(NumericCmaEsSampler) == proposals(CmaEsSampler)


def learnt() -> CMA:
    optimizer = CMA(mean=np.full(2, 0.5), sigma=0.2, bounds=np.array([[0.0, 1.0]] * 2), seed=1)
    for _ in range(3):
        asked = [optimizer.ask() for _ in range(optimizer.population_size)]
        optimizer.tell([(x, float(x @ x)) for x in asked])
    return optimizer


def test_the_numbers_pass_through_json_unchanged() -> None:
    state = to_numbers(learnt())
    restored = from_numbers(json.loads(json.dumps(state)))
    assert restored is not None
    assert to_numbers(restored) == state


class Planted:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_planted_pickle_is_not_read(tmp_path: Path) -> None:
    study = optuna.create_study(sampler=NumericCmaEsSampler(n_startup_trials=1, seed=1))
    study.optimize(lambda t: t.suggest_float("x", -3, 3) + t.suggest_float("y", 0, 2), 2)
    planted = pickle.dumps(Planted(tmp_path / "run")).hex()
    trials = study.trials
    for key in ("cma:optimizer:0", STATE):
        trial = optuna.trial.create_trial(
            values=trials[0].values,
            params=trials[0].params,
            distributions=trials[0].distributions,
            system_attrs={key: planted},
        )
        study.add_trial(trial)
        study.ask(trials[0].distributions)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"mean": [0.5]},
        {"covariance": [[1.0, 0.0]]},
        {"sigma": -1.0},
        {"population": 0},
        {"generation": "x"},
        {"bounds": None},
        {"pc": [float("nan"), 0.0]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_doctored_state_is_no_state(change: dict[str, Any]) -> None:
    assert from_numbers({**to_numbers(learnt()), **change}) is None
