"""How many frames a session needs on the demo's problem, and how good its winner is.

For each seed a hidden aberration of 80 to 105 nm rms is drawn and the demo's session is run, each
way of searching on the same simulator. Afterwards, with frames of their own, by the session's own
estimator: the information of every trial that came nearer than all before it, on the session's
fields of view; and that of all leaders, and without aberration, on 24 fields of the sample.

    python benchmarks/sessions.py [--seeds 6] [--first 1] [--trials 50] [--estimator KIND] [way ...]

Ways: auto (one field of view to search), model (the same; `model_search.py` has models that are
wrong), auto-ahead (each proposal knows one trial less), auto-more (up to four, where that decides
something), auto-all, gp, tpe, random (all fields in every trial).

95 %, 99 %, 30 nm: frames until a trial had so much of the attainable, or left so little.
truth: the winner's over the attainable. holds: share of sessions whose winner's interval holds its
information on the 24 fields. said: mean stated probability of being the best of the leaders.
of look, was: the leaders are measured on the 24 fields three times; how likely the winner is to
come out as the best there, by what the session says and the noise of these looks, and whether it
did. Leaders often lie closer together than looks tell apart, so that a winner that is the best
comes out as such in a share that chance draws towards one over the number of leaders: `said` has
no such measure, `of look` has. off: how far differences from the winner come out from what was
said of them, in standard deviations of both together, root mean square; 1 where all is as said.
corner: trials with half of their settings at a bound.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hil import estimate_information, open_database, run_session
from hil.calibration.rig_noise import noise_model
from hil.clock import SystemClock
from hil.demo import demo_files, residual_rms_nm
from hil.ranking.finals import drawn_leaders
from hil.rig.capture import Capture
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.spec import SessionFile

WAYS: Mapping[str, Mapping[str, Any]] = {
    "auto": {"kind": "auto", "measure": {"fields": "as needed"}},
    "auto-ahead": {"kind": "auto", "measure": {"fields": "as needed", "pipeline": True}},
    "model": {"kind": "model", "measure": {"fields": "as needed"}},
    "auto-more": {"kind": "auto", "measure": {"fields": "as needed", "max_fields": 4}},
    "auto-all": {"kind": "auto", "measure": {}},
    "gp": {"kind": "gp", "measure": {}},
    "tpe": {"kind": "tpe", "measure": {}},
    "random": {"kind": "random", "measure": {}},
}
AGAIN = 3  # looks of the truth at the leaders
STEP_UM = 36.0  # six columns just fit on the stage
COLUMNS = (
    "95 %", "99 %", "30 nm", "frames", "truth", "holds", "said", "of look", "was", "off", "corner",
    "left nm", "s",
)  # fmt: skip


def asked(seed: int, way: str, trials: int, estimator: str | None) -> SessionFile:
    rms_nm = round(float(np.random.default_rng(seed).uniform(80, 105)), 1)
    file = demo_files(seed, rms_nm)
    said = file.spec.model_dump(exclude_unset=True)
    said["trials"] = trials
    said["sampler"] = {"kind": WAYS[way]["kind"]}
    said["measure"] = {"grid": said["measure"]["grid"], **WAYS[way]["measure"]}
    if estimator is not None:
        said["estimator"] = {**said.get("estimator", {}), "kind": estimator}
    spec = type(file.spec).model_validate(said)
    return replace(file, spec=spec, text=spec.model_dump_json(exclude_unset=True))


@dataclass
class Truth:
    """The session's rig once more, with noise of its own."""

    file: SessionFile

    def of(
        self,
        settings: Sequence[Mapping[str, Any] | None],
        fields: Sequence[Mapping[str, Any]],
        looks: int = 1,
    ) -> np.ndarray:
        """Information at each of some settings, None for no aberration, bits per pixel.

        (looks, settings). A rig that begins anew repeats its noise, so all looks are of one.
        """
        with Rig(Plan(self.file.rig)) as rig:
            rig.setup()
            capture = Capture(rig.safety, rig.camera, list(fields), 1, 10, SystemClock())
            found = []
            for one in [*settings] * looks:
                rig.apply(rig.truth.best_settings if one is None else dict(one))
                frames = np.stack(
                    [rig.run(lambda i=i: capture.field(i)).frames for i in range(len(fields))]
                )
                kind, seed = self.file.spec.estimator.kind, self.file.spec.seed
                own = estimate_information(frames, noise_model(self.file.rig), kind, seed=seed)
                found.append(own.bits_per_pixel)
        return np.array(found).reshape(looks, len(settings))


def population(fields: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """24 fields of the sample, six columns and four rows around the session's."""
    x, y = fields[0]
    centre = {name: float(np.mean([field[name] for field in fields])) for name in (x, y)}
    return [
        {x: centre[x] + (column - 2.5) * STEP_UM, y: centre[y] + (row - 1.5) * STEP_UM}
        for column in range(6)
        for row in range(4)
    ]


def looked_at(drawn: np.ndarray, again: np.ndarray, winner: int) -> tuple[float, float, float]:
    """Compare what a session says of its leaders with looks at them.

    Parameters
    ----------
    drawn
        (draws, leaders) of the information, as the session has it.
    again
        (looks, leaders) of what was measured afterwards.
    winner
        Which leader it is.

    Returns
    -------
    float, float, float
        How likely the winner was to come out as the best; whether it did; and the root mean
        square of what differences from it are off by, in standard deviations. 1, 1, NaN where it
        is the only leader.
    """
    n_looks, n_leaders = again.shape
    if n_leaders < 2:
        return 1.0, 1.0, float("nan")
    rng = np.random.default_rng(0)
    degrees = n_leaders * (n_looks - 1)
    variance = ((again - again.mean(axis=0)) ** 2).sum() / degrees / n_looks
    stretch = np.sqrt(degrees / rng.chisquare(degrees, (len(drawn), 1)))
    seen = drawn + np.sqrt(variance) * stretch * rng.standard_normal(drawn.shape)
    likely = float(np.mean(seen.argmax(axis=1) == winner))
    others = np.arange(n_leaders) != winner
    foretold = (seen - seen[:, [winner]])[:, others]
    came = (again - again[:, [winner]]).mean(axis=0)[others]
    off = np.sqrt(np.mean((came - foretold.mean(axis=0)) ** 2 / foretold.var(axis=0)))
    return likely, float(again.mean(axis=0).argmax() == winner), float(off)


def first(reached: np.ndarray, frames: np.ndarray) -> float:
    """Frames until something is reached; NaN where it never is."""
    return float(frames[int(np.argmax(reached))]) if reached.any() else float("nan")


def one(seed: int, way: str, trials: int, estimator: str | None) -> list[float]:
    file = asked(seed, way, trials, estimator)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{(Path(folder) / 'hil.db').as_posix()}"
        began_s = time.perf_counter()
        result = run_session(file, url)
        seconds = time.perf_counter() - began_s
        with open_database(url) as database:
            fields = database.session("last").extra["layout"]["fields"]
            frames = np.cumsum(database.trials("last", sort="number")["n_frames"].to_numpy())
            rows = database.rows("last")
    truth = Truth(file)
    residual = np.array(residual_rms_nm(file, [row.requested for row in rows]))
    nearer = [i for i in range(len(rows)) if residual[i] < residual[:i].min(initial=np.inf)]
    shares = np.zeros(len(rows))
    ideal, *own = truth.of([None, *(rows[i].requested for i in nearer)], fields)[0].tolist()
    shares[nearer] = np.array(own) / ideal
    assert result.best is not None
    told, drawn = drawn_leaders(rows)
    leaders = [leader.number for leader in told] or [result.best.number]
    looked = [None, *(rows[number].requested for number in leaders)]
    again = truth.of(looked, population(fields), AGAIN)
    everywhere, *known = again.mean(axis=0).tolist()
    winner = result.winner or result.best
    won = known[leaders.index(winner.number)]
    at_bound = np.array(
        [np.mean([abs(float(value)) >= 98 for value in row.requested.values()]) for row in rows]
    )
    return [
        first(shares >= 0.95, frames),
        first(shares >= 0.99, frames),
        first(residual <= 30, frames),
        float(frames[-1]),
        won / everywhere,
        float(winner.ci_low <= won <= winner.ci_high),
        getattr(winner, "probability", float("nan")),
        *looked_at(drawn, again[:, 1:], leaders.index(winner.number)),
        float(np.mean(at_bound >= 0.5)),
        float(residual[winner.number]),
        seconds,
    ]


def shown(values: np.ndarray) -> str:
    percent = {"truth", "holds", "said", "of look", "was", "corner"}
    return " ".join(
        f"{value:8.1%}" if name in percent else f"{value:8.1f}"
        for name, value in zip(COLUMNS, values, strict=True)
    )


def main(asked_for: argparse.Namespace) -> None:
    seeds = range(asked_for.first, asked_for.first + asked_for.seeds)
    print("way      seed   " + " ".join(f"{name:>8}" for name in COLUMNS), flush=True)
    for way in asked_for.ways or ["auto"]:
        rows = []
        for seed in seeds:
            rows.append(one(seed, way, asked_for.trials, asked_for.estimator))
            print(f"{way:<9}{seed:<6d} {shown(np.array(rows[-1]))}", flush=True)
        found = np.array(rows)
        never = np.isnan(found[:, :3]).sum(axis=0)
        filled = found.copy()
        filled[:, :3] = np.where(np.isnan(found[:, :3]), np.inf, found[:, :3])
        middle, worst = np.median(filled, axis=0), filled.max(axis=0)
        worst[4] = found[:, 4].min()
        middle[5:11] = worst[5:11] = found[:, 5:11].mean(axis=0)  # over the sessions
        middle[9] = worst[9] = np.sqrt(np.nanmean(found[:, 9] ** 2))
        print(f"{way:<9}median {shown(middle)}")
        print(f"{way:<9}worst  {shown(worst)}")
        print(f"         never: {', '.join(map(str, never))} of {len(rows)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("ways", nargs="*", choices=[*WAYS, []])
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--estimator")
    main(parser.parse_args())
