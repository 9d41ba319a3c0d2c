"""Landscapes made to mislead: how many trials until one is at 95 % of the best there is.

Pure functions with noise, no rig. Every seed draws its own optimum, slopes and noise; all samplers
begin at the same present settings and see the same landscape. What is counted is the truth of the
settings that were asked for, without noise.

    python benchmarks/landscapes.py [--first SEED] [seeds] [way,way] [landscape ...]

Ways: auto, gp, tpe, random.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from scipy.stats import ortho_group

from hil.proposer import InformationSampler
from hil.proposer.attributes import SD_ATTR

ENOUGH = 0.95
MOST = {"auto": 100, "gp": 100, "tpe": 400, "random": 5000}


@dataclass(frozen=True)
class Landscape:
    """What there is to find; the best truth is 1.

    Parameters
    ----------
    truth
        Of a set of settings.
    present
        Where the search begins; the middle where None.
    noise, stated
        Standard deviation of a value, and what the trial says of it.
    excess
        By how much a constraint is broken; at most 0 is feasible.
    fades
        Share of the value that is lost after 100 trials.
    """

    axes: Mapping[str, BaseDistribution]
    truth: Callable[[Mapping[str, Any]], float]
    present: Mapping[str, Any] | None = None
    noise: float = 0.01
    stated: float = 0.01
    excess: Callable[[Mapping[str, Any]], float] | None = None
    fades: float = 0.0


def floats(count: int) -> dict[str, BaseDistribution]:
    return {f"x{i}": FloatDistribution(0, 1) for i in range(count)}


def at(params: Mapping[str, Any]) -> np.ndarray:
    return np.array([params[name] for name in sorted(params) if name.startswith("x")])


def two_optima(rng: np.random.Generator) -> Landscape:
    """Make a broad optimum, and a narrow one that is higher and elsewhere."""
    low = rng.uniform(0.15, 0.4, 3)
    high = np.where(rng.random(3) < 0.8, rng.uniform(0.7, 0.9, 3), rng.uniform(0.1, 0.4, 3))
    high[rng.integers(3)] = 0.85

    def truth(params: Mapping[str, Any]) -> float:
        x = at(params)
        broad = 0.6 * np.exp(-np.sum(((x - low) / 0.35) ** 2))
        return float(max(broad, np.exp(-np.sum(((x - high) / 0.2) ** 2))))

    return Landscape(floats(3), truth)


def ridge(rng: np.random.Generator) -> Landscape:
    """Make a narrow and bent ridge, aslant to the axes, that rises slowly towards its end."""
    turned = np.asarray(ortho_group.rvs(3, random_state=rng))
    bent, end = rng.uniform(0.5, 1.2), rng.uniform(-0.3, 0.3)

    def truth(params: Mapping[str, Any]) -> float:
        along, *across = turned @ (at(params) - 0.5)
        across[0] -= bent * along**2
        away = (np.array(across) / 0.1) ** 2
        return float(np.exp(-away.sum() - ((along - end) / 0.5) ** 2))

    return Landscape(floats(3), truth)


def plateau(rng: np.random.Generator) -> Landscape:
    """Make nothing but noise about 0, and an island in it."""
    island = rng.uniform(0.2, 0.8, 3)

    def truth(params: Mapping[str, Any]) -> float:
        away = np.linalg.norm(at(params) - island) / 0.35
        return float(np.sqrt(max(0.0, 1 - float(away) ** 2)))

    return Landscape(floats(3), truth, noise=0.05, stated=0.05)


def wrong_sign(rng: np.random.Generator) -> Landscape:
    """Begin where the present settings correct in the wrong direction, on one axis or more."""
    hidden = rng.uniform(0.15, 0.3, 5) * rng.choice([-1, 1], 5)
    flipped = np.where(rng.random(5) < 0.5, -1.0, 1.0)
    flipped[rng.integers(5)] = -1.0
    present = dict(zip(floats(5), (0.5 + flipped * hidden).tolist(), strict=True))

    def truth(params: Mapping[str, Any]) -> float:
        return float(np.exp(-np.sum(((at(params) - 0.5 - hidden) / 0.4) ** 2)))

    return Landscape(floats(5), truth, present=present)


def at_bound(rng: np.random.Generator) -> Landscape:
    """Put the best in a corner."""
    corner = rng.integers(0, 2, 4).astype(float)
    steep = rng.uniform(0.5, 1.5, 4)

    def truth(params: Mapping[str, Any]) -> float:
        return float(np.exp(-steep @ np.abs(at(params) - corner)))

    return Landscape(floats(4), truth)


def noise_tenfold(rng: np.random.Generator) -> Landscape:
    """Let trials say that their values are ten times surer than they are."""
    hidden = rng.uniform(0.25, 0.75, 4)

    def truth(params: Mapping[str, Any]) -> float:
        return float(np.exp(-np.sum(((at(params) - hidden) / 0.35) ** 2)))

    return Landscape(floats(4), truth, noise=0.1, stated=0.01)


def one_choice(rng: np.random.Generator) -> Landscape:
    """Make one choice of six good, with two settings that tell most there."""
    good = "abcdef"[rng.integers(6)]
    hidden = rng.uniform(0.2, 0.8, 2)
    axes: dict[str, BaseDistribution] = {"wheel": CategoricalDistribution("abcdef"), **floats(2)}

    def truth(params: Mapping[str, Any]) -> float:
        sharp = np.exp(-np.sum(((at(params) - hidden) / 0.25) ** 2))
        return float(sharp if params["wheel"] == good else 0.35 * sharp + 0.1)

    return Landscape(axes, truth)


def mixed(rng: np.random.Generator) -> Landscape:
    """Make integers, logarithmic axes and a choice beside a plain setting."""
    n, power = int(rng.integers(2, 8)), float(np.exp(rng.uniform(np.log(0.03), np.log(30))))
    hidden, good = rng.uniform(0.2, 0.8), "abc"[rng.integers(3)]
    axes: dict[str, BaseDistribution] = {
        "n": IntDistribution(1, 8),
        "power": FloatDistribution(0.01, 100, log=True),
        "wheel": CategoricalDistribution("abc"),
        "x0": FloatDistribution(0, 1),
    }

    def truth(params: Mapping[str, Any]) -> float:
        away = ((params["n"] - n) / 3) ** 2 + (np.log(params["power"] / power) / 2) ** 2
        away += ((params["x0"] - hidden) / 0.3) ** 2
        return float(np.exp(-away) * (1.0 if params["wheel"] == good else 0.7))

    return Landscape(axes, truth)


def constrained(rng: np.random.Generator) -> Landscape:
    """Cut off the optimum by a constraint, so that the best lies at its edge."""
    normal = rng.normal(size=3)
    normal /= np.linalg.norm(normal)
    top = 0.5 + rng.uniform(-0.2, 0.2, 3)
    edge = normal @ top - 0.15  # the nearest allowed point is 0.15 away
    best = np.exp(-((0.15 / 0.35) ** 2))

    def excess(params: Mapping[str, Any]) -> float:
        return float(normal @ at(params) - edge)

    def truth(params: Mapping[str, Any]) -> float:
        return float(np.exp(-np.sum(((at(params) - top) / 0.35) ** 2)) / best)

    return Landscape(floats(3), truth, excess=excess)


def drift(rng: np.random.Generator) -> Landscape:
    """Lose a fifth of the value within 100 trials."""
    hidden = rng.uniform(0.25, 0.75, 5)

    def truth(params: Mapping[str, Any]) -> float:
        return float(np.exp(-np.sum(((at(params) - hidden) / 0.4) ** 2)))

    return Landscape(floats(5), truth, fades=0.2)


def many_modes(rng: np.random.Generator) -> Landscape:
    """Hide 150 nm of aberration in 21 modes of a mirror."""
    hidden = rng.normal(size=21)
    hidden *= 150 / np.linalg.norm(hidden)
    axes: dict[str, BaseDistribution] = {
        f"x{i:02d}": FloatDistribution(-150, 150) for i in range(21)
    }

    def truth(params: Mapping[str, Any]) -> float:
        return float(np.exp(-(np.sum((at(params) - hidden) ** 2)) / 130**2))

    return Landscape(axes, truth)


LANDSCAPES = {
    "two-optima": two_optima,
    "ridge": ridge,
    "plateau": plateau,
    "wrong-sign": wrong_sign,
    "at-bound": at_bound,
    "noise-tenfold": noise_tenfold,
    "one-choice": one_choice,
    "mixed": mixed,
    "constrained": constrained,
    "drift": drift,
    "21-modes": many_modes,
}


def sampler(way: str, seed: int, land: Landscape) -> BaseSampler:
    if way == "auto":
        return InformationSampler(search_space=land.axes, present=land.present, seed=seed)
    if way == "gp":
        return GPSampler(seed=seed, n_startup_trials=10)
    if way == "tpe":
        return TPESampler(seed=seed, multivariate=True)
    return RandomSampler(seed=seed)


def middle(land: Landscape) -> dict[str, Any]:
    from hil.proposer.auto.space import UnitSpace

    space = UnitSpace(land.axes)
    return space.decode(space.from_axes(np.full((1, space.n_axes), 0.5))[0])


def trials_needed(land: Landscape, way: str, seed: int) -> float:
    """Trials until one is at 95 % of the best; infinite where that took too many."""
    rng = np.random.default_rng((seed, 1))
    study = optuna.create_study(direction="maximize", sampler=sampler(way, seed, land))
    study.enqueue_trial(dict(land.present or middle(land)))
    for number in range(MOST[way]):
        trial = study.ask(dict(land.axes))
        value = land.truth(trial.params)
        excess = land.excess(trial.params) if land.excess else 0.0
        if value >= ENOUGH and excess <= 0:
            return number + 1
        value = value * (1 - land.fades * number / 100) + rng.normal(scale=land.noise)
        trial.set_user_attr(SD_ATTR, land.stated)
        if land.excess is not None:
            trial.set_constraint("excess", excess)
        study.tell(trial, value)
    return float("inf")


def main(first: int, n_seeds: int, ways: list[str], names: list[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    print("landscape      way     median  worst  never   s of processor   seed by seed")
    for name in names:
        for way in ways:
            began = time.process_time()
            needed = []
            for seed in range(first, first + n_seeds):
                land = LANDSCAPES[name](np.random.default_rng(seed))
                needed.append(trials_needed(land, way, seed))
            took = time.process_time() - began
            told = f"{np.median(needed):8.0f} {max(needed):6.0f} {np.isinf(needed).sum():6d}"
            each = " ".join(f"{trials:.0f}" for trials in needed)
            print(f"{name:<14} {way:<6}{told} {took:10.0f}   {each}", flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    start = 1
    if given[:1] == ["--first"]:
        start, given = int(given[1]), given[2:]
    count, chosen, *wanted = [*given, *["20", "auto,tpe,random"][len(given[:2]) :]]
    main(start, int(count), chosen.split(","), wanted or list(LANDSCAPES))
