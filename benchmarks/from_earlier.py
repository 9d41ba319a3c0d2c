"""Whether an earlier session helps the next one, and what it costs where it misleads.

Six modes with a hidden aberration, an earlier session of 30 trials, and then another: of the same
state, of a state that has moved by a tenth, of another sample (a third of the information), and of
another aberration altogether. Trials until one is at 95 % of the best there is.

    python benchmarks/from_earlier.py [seeds]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import FrozenTrial

from hil.proposer import InformationSampler
from hil.proposer.attributes import SD_ATTR

MODES: dict[str, BaseDistribution] = {f"z{i}_nm": FloatDistribution(-150, 150) for i in range(6)}
_MOST = 60
_NOISE = 0.01


def searched(
    hidden: np.ndarray, level: float, trials: int, seed: int, earlier: Sequence[FrozenTrial]
) -> tuple[optuna.Study, int]:
    """Run a session; how many trials it took to 95 %, and all of them."""
    rng = np.random.default_rng((seed, trials))
    told = [(earlier, 0.1)] if earlier else []
    sampler = InformationSampler(search_space=MODES, seed=seed, earlier=told)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for number in range(trials):
        trial = study.ask(dict(MODES))
        away = np.array(list(trial.params.values())) - hidden
        value = level * float(np.exp(-(away @ away) / 90**2))
        if trials == _MOST and value >= 0.95 * level:
            return study, number + 1
        trial.set_user_attr(SD_ATTR, _NOISE * level)
        study.tell(trial, value + level * rng.normal(scale=_NOISE))
    return study, trials


def aberration(rng: np.random.Generator) -> np.ndarray:
    drawn = rng.normal(size=len(MODES))
    return np.asarray(drawn * 95 / np.linalg.norm(drawn))


def main(n_seeds: int) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    print("the next session               alone: median worst   after it: median worst")
    found: dict[str, list[tuple[int, int]]] = {}
    for seed in range(1, n_seeds + 1):
        rng = np.random.default_rng(seed)
        hidden = aberration(rng)
        earlier, _ = searched(hidden, 1.0, 30, seed, ())
        cases = {
            "same state": (hidden, 1.0),
            "moved by a tenth": (hidden + 0.1 * aberration(rng), 1.0),
            "another sample": (hidden, 0.3),
            "another aberration": (aberration(rng), 1.0),
            "the opposite one": (-hidden, 1.0),
        }
        for name, (now, level) in cases.items():
            _, alone = searched(now, level, _MOST, seed + 100, ())
            _, after = searched(now, level, _MOST, seed + 100, earlier.trials)
            found.setdefault(name, []).append((alone, after))
    for name, pairs in found.items():
        alone, after = np.array(pairs).T
        told = (
            f"{np.median(alone):13.0f} {alone.max():6d} {np.median(after):17.0f} {after.max():6d}"
        )
        print(f"{name:<30} {told}")


if __name__ == "__main__":
    main(int([*sys.argv[1:], "10"][0]))
