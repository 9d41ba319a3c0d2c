"""Frames until a trial is at 97 % of a dense scan's best, on the other simulated rigs.

The example's own fields, repeats and constraints; every sampler begins at the settings as they are
found. A trial counts when its settings, measured at all fields four times more, reach 97 % of the
best of a scan (a Sobol sequence on two fields of view, its best points measured again at all): not
when its own noise was lucky.

    python benchmarks/rig_frames.py [seeds] [trials] [points of the scan] [rig,rig] [way ...]

Ways: auto (one field of view a trial, the next after a good while, as `fields = "as needed"` has
it); auto-all, gp, tpe (all fields in every trial).
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, GPSampler, TPESampler
from scipy.stats import qmc

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.rig_cases.probe import Probe
from hil.proposer import InformationSampler
from hil.proposer.attributes import FIELDS_ATTR, SD_ATTR
from hil.proposer.auto.space import UnitSpace
from hil.proposer.distributions import distribution
from hil.proposer.plan import SearchPlan
from hil.records.trial import FIELDS, UNDECIDED
from hil.spec import load_session_file

EXAMPLES = Path(__file__).parents[1] / "examples"
RIGS = ("satellite", "tomography", "ledarray", "hyperspectral", "lensless")
ENOUGH = 0.97
AGAIN = 4
SCANNED = (0, -1)  # fields of view of the scan


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
        self.n_fields = len(spec.measure.fields)
        self.present = dict(probe.present)
        self.plan = SearchPlan(space.axes, space.integers, spec.sampler, 1, 1)
        self._known: dict[str, float] = {}

    def measure(
        self, params: Mapping[str, Any], only: Sequence[int] | None = None
    ) -> tuple[float, float, dict[str, float]]:
        """Give the objective, its standard deviation, and by how much constraints are broken."""
        found = self._probe.at(params, self.repeats, only)
        own = found.estimate
        relative = (own.ci_high - own.ci_low) / 3.92 / max(own.bits_per_pixel, 1e-9)
        excess = {name: over for name, over in found.excess.items() if name != UNDECIDED}
        return found.objective, relative * found.objective, excess

    def again(self, params: Mapping[str, Any]) -> float:
        """Give the mean of measurements that no search saw; the same for the same settings."""
        key = repr(sorted(params.items()))
        if key not in self._known:
            self._known[key] = float(np.mean([self.measure(params)[0] for _ in range(AGAIN)]))
        return self._known[key]

    def scan(self, points: int) -> tuple[float, dict[str, Any]]:
        """Give the best of a scan, and where it is."""
        space = UnitSpace(self.axes)
        shares = qmc.Sobol(space.n_axes, rng=np.random.default_rng(0)).random(points)
        fields = [i % self.n_fields for i in SCANNED]
        found = []
        for point in space.from_axes(shares):
            params = space.decode(point)
            value, _, excess = self.measure(params, fields)
            found.append((value if feasible(excess) else -np.inf, len(found), params))
        best = [(self.again(params), number, params) for _, number, params in sorted(found)[-4:]]
        return max(best)[0], max(best)[2]

    def search(self, way: str, seed: int, trials: int, best: float, like: list[float]) -> float:
        """Count the frames until a trial is as good; infinite where none is.

        Parameters
        ----------
        best
            What is to be found.
        like
            What the same settings show at each field of view.
        """
        study = optuna.create_study(direction="maximize", sampler=self._sampler(way, seed))
        study.enqueue_trial(self.present)
        plan = replace(self.plan, seed=seed, n_fields=self.n_fields)
        frames = 0
        for number in range(trials):
            trial = study.ask(dict(self.axes))
            fields = plan.fields_of(number)[FIELDS] if way == "auto" else None
            value, sd, excess = self.measure(trial.params, fields)
            frames += self.repeats * (self.n_fields if fields is None else len(fields))
            here = best if fields is None else float(np.mean([like[i] for i in fields]))
            near = value >= (2 * ENOUGH - 1) * here and feasible(excess)
            if near and self.again(trial.params) >= ENOUGH * best:
                return frames
            trial.set_user_attr(SD_ATTR, sd)
            if fields is not None:
                trial.set_user_attr(FIELDS_ATTR, fields)
            for name, amount in excess.items():
                trial.set_constraint(name, amount)
            study.tell(trial, value)
        return float("inf")

    def _sampler(self, way: str, seed: int) -> BaseSampler:
        if way.startswith("auto"):
            return InformationSampler(search_space=self.axes, present=self.present, seed=seed)
        if way == "gp":
            return GPSampler(seed=seed)
        return TPESampler(seed=seed, multivariate=True)


def feasible(excess: Mapping[str, float]) -> bool:
    return all(amount <= 0 for amount in excess.values())


def main(n_seeds: int, trials: int, points: int, rigs: list[str], ways: list[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    print("rig            way      frames: median, worst; seed by seed          s of processor")
    for rig in rigs:
        session = EXAMPLES / rig / "session.toml"
        with Probe(session) as probe:
            problem = Problem(probe, session)
            best, where = problem.scan(points)
            like = [problem.measure(where, [i])[0] for i in range(problem.n_fields)]
            for way in ways:
                began = time.process_time()
                found = [
                    problem.search(way, seed, trials, best, like) for seed in range(1, n_seeds + 1)
                ]
                shown = " ".join(f"{frames:.0f}" for frames in found)
                print(
                    f"{rig:<14} {way:<8} {np.median(found):5.0f} {max(found):5.0f}   {shown:<40}"
                    f" {time.process_time() - began:5.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    given = sys.argv[1:]
    numbers = [int(word) for word in [*given[:3], *["2", "40", "128"][len(given[:3]) :]]]
    main(
        *numbers,
        given[3].split(",") if given[3:] else list(RIGS),
        given[4:] or ["auto", "auto-all", "gp", "tpe"],
    )
