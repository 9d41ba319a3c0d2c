"""What one ask of sampler `auto` costs: processor time, one thread, by the number of trials.

The trials are the demo's kind: 8 settings, values around an optimum that a random quadratic form
falls from, with noise. Every ask is of a sampler made anew, as in a session.

    OMP_NUM_THREADS=1 python benchmarks/ask_cost.py [settings] [trials ...]
"""

from __future__ import annotations

import sys
import time

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import create_trial

from hil.proposer import InformationSampler
from hil.proposer.attributes import SD_ATTR

_ASKS = 5
_SEARCHED = 0.6  # of the trials lie about the optimum, the others anywhere


def studied(n_settings: int, n_trials: int, seed: int) -> optuna.Study:
    rng = np.random.default_rng(seed)
    space: dict[str, BaseDistribution] = {
        f"x{i}": FloatDistribution(-1, 1) for i in range(n_settings)
    }
    optimum = rng.uniform(-0.4, 0.4, n_settings)
    curved = 3 * rng.uniform(0.3, 1.0, n_settings)
    trials = []
    for i in range(n_trials):
        at = rng.uniform(-1, 1, n_settings)
        if rng.random() < _SEARCHED:
            at = np.clip(optimum + rng.normal(scale=1 / (1 + 0.1 * i), size=n_settings), -1, 1)
        value = 2 * np.exp(-np.sum(curved * (at - optimum) ** 2)) + rng.normal(scale=0.01)
        trials.append(
            create_trial(
                params=dict(zip(space, at.tolist(), strict=True)),
                distributions=space,
                value=float(value),
                user_attrs={SD_ATTR: 0.01},
            )
        )
    study = optuna.create_study(direction="maximize")
    study.add_trials(trials)
    return study


def main(n_settings: int, counts: list[int]) -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    print("trials   s of processor an ask: median, worst (of 5)   elsewhere: median, worst")
    space: dict[str, BaseDistribution] = {
        f"x{i}": FloatDistribution(-1, 1) for i in range(n_settings)
    }
    studied(n_settings, 20, 0).ask(space)
    InformationSampler(search_space=space, seed=0).propose(studied(n_settings, 20, 0), space, 20)
    for n_trials in counts:
        took: list[list[float]] = [[], []]
        for seed in range(2 * _ASKS):
            study = studied(n_settings, n_trials, seed)
            sampler = InformationSampler(search_space=space, seed=seed)
            number = n_trials + seed  # every other one looks elsewhere, once the search is stale
            began = time.process_time()
            _, gain = sampler.propose(study, space, number)
            took[gain is None].append(time.process_time() - began)
        told = "".join(f"{np.median(t):12.2f} {max(t):6.2f}" for t in took if t)
        print(f"{n_trials:6d} {told}", flush=True)


if __name__ == "__main__":
    settings, *numbers = [int(word) for word in sys.argv[1:]] or [8]
    main(settings, numbers or [30, 100, 300])
