"""Frames until a trial is at 97 % of a dense scan's best, on the other simulated rigs.

The example's own fields, repeats and constraints; every sampler begins at the settings as they are
found. A trial counts when its settings, measured four times more, reach 97 % of the best of a scan
(a Sobol sequence, its best points measured four times more): not when its own noise was lucky.

    python benchmarks/rig_frames.py [seeds] [trials] [points of the scan] [rig,rig] [way ...]
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, GPSampler, TPESampler
from scipy.stats import qmc

from benchmarks.rig_cases.probe import Probe
from hil.proposer import InformationSampler
from hil.proposer.attributes import SD_ATTR
from hil.proposer.auto.space import UnitSpace
from hil.proposer.distributions import distribution
from hil.spec import load_session_file

EXAMPLES = Path(__file__).parents[1] / "examples"
RIGS = ("satellite", "tomography", "ledarray", "hyperspectral", "lensless")
ENOUGH = 0.97
AGAIN = 4


class Problem:
    """An open rig, what its session searches, and how many frames a trial takes."""

    def __init__(self, probe: Probe, session: Path) -> None:
        spec = load_session_file(session).spec
        space = probe.space
        self._probe = probe
        self.axes = {
            axis.setting: distribution(axis, integer=axis.setting in space.integers)
            for axis in space.axes
        }
        self.repeats = spec.measure.repeats
        self.n_frames = spec.measure.n_frames
        self.present = dict(probe.present)

    def measure(self, params: dict[str, Any]) -> tuple[float, float, dict[str, float]]:
        """Give the objective, its standard deviation, and by how much constraints are broken."""
        found = self._probe.at(params, self.repeats)
        own = found.estimate
        relative = (own.ci_high - own.ci_low) / 3.92 / max(own.bits_per_pixel, 1e-9)
        return found.objective, relative * found.objective, dict(found.excess)

    def again(self, params: dict[str, Any]) -> float:
        """Give the mean of measurements that no search saw."""
        return float(np.mean([self.measure(params)[0] for _ in range(AGAIN)]))

    def scan(self, points: int) -> float:
        """Give the best of a scan."""
        space = UnitSpace(self.axes)
        shares = qmc.Sobol(space.n_axes, rng=np.random.default_rng(0)).random(points)
        found = []
        for point in space.from_axes(shares):
            params = space.decode(point)
            value, _, excess = self.measure(params)
            found.append((value if feasible(excess) else -np.inf, len(found), params))
        return max(self.again(params) for _, _, params in sorted(found)[-AGAIN:])

    def search(self, way: str, seed: int, trials: int, best: float) -> float:
        """Count the frames until a trial is as good; infinite where none is."""
        study = optuna.create_study(direction="maximize", sampler=self._sampler(way, seed))
        study.enqueue_trial(self.present)
        for number in range(trials):
            trial = study.ask(dict(self.axes))
            value, sd, excess = self.measure(trial.params)
            near = value >= (2 * ENOUGH - 1) * best and feasible(excess)
            if near and self.again(trial.params) >= ENOUGH * best:
                return (number + 1) * self.n_frames
            trial.set_user_attr(SD_ATTR, sd)
            for name, amount in excess.items():
                trial.set_constraint(name, amount)
            study.tell(trial, value)
        return float("inf")

    def _sampler(self, way: str, seed: int) -> BaseSampler:
        if way == "auto":
            return InformationSampler(search_space=self.axes, present=self.present, seed=seed)
        if way == "gp":
            return GPSampler(seed=seed)
        return TPESampler(seed=seed, multivariate=True)


def feasible(excess: dict[str, float]) -> bool:
    return all(amount <= 0 for amount in excess.values())


def main(n_seeds: int, trials: int, points: int, rigs: list[str], ways: list[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    print("rig            way    frames, seed by seed          s of processor")
    for rig in rigs:
        session = EXAMPLES / rig / "session.toml"
        with Probe(session) as probe:
            problem = Problem(probe, session)
            best = problem.scan(points)
            for way in ways:
                began = time.process_time()
                found = [problem.search(way, seed, trials, best) for seed in range(1, n_seeds + 1)]
                shown = " ".join(f"{frames:6.0f}" for frames in found)
                print(
                    f"{rig:<14} {way:<5} {shown:<30} {time.process_time() - began:6.0f}", flush=True
                )


if __name__ == "__main__":
    given = sys.argv[1:]
    numbers = [int(word) for word in [*given[:3], *["2", "40", "128"][len(given[:3]) :]]]
    main(
        *numbers,
        given[3].split(",") if given[3:] else list(RIGS),
        given[4:] or ["auto", "gp", "tpe"],
    )
