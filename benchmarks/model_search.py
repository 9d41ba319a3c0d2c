"""Sampler `model` on the demo's problem, with a model that is right, and with wrong ones.

    python benchmarks/model_search.py [--seeds 6] [--first 1] [--trials 12] [--estimator KIND]
        [case ...]

Cases: right (the rig is its own model); scale (one axis moves by 1.2 times what it says), scales
(all do), flip (one mode has the other sign), pupil (the model's aperture is 1.1, the rig's 1.2);
cells, fibres, blobs (other scenes, the model is right).

95 %, 99 %, 30 nm: frames until a trial had so much of the attainable, or left so little. truth: the
winner's information over the attainable; left nm: what it leaves. Then what the sampler did.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import sessions

from hil import open_database, run_session
from hil.demo import demo_files
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.spec import RigFile, RigSpec, SessionFile
from hil.spec.load import parse
from sim.microscope.fluorescence.imager import FluorescenceSettings
from sim.microscope.stand.mirror import MIRROR_SETTINGS

SCENES = ("cells", "fibres", "blobs")
MOVES: Mapping[str, np.ndarray] = {
    "scale": np.array([1, 1.2, 1, 1, 1, 1, 1, 1]),
    "scales": np.full(8, 1.2),
    "flip": np.array([1, 1, 1, -1, 1, 1, 1, 1]),
}
CASES = ("right", *MOVES, "pupil", *SCENES)
COLUMNS = ("95 %", "99 %", "30 nm", "frames", "truth", "left nm", "s")


@contextmanager
def moved(case: str) -> Iterator[np.ndarray]:
    """Let the rig's mirror move by other than it says; the model knows nothing of it."""
    by = MOVES.get(case, np.ones(8))
    plain = FluorescenceSettings.of.__func__

    def of(cls: Any, settings: Any) -> FluorescenceSettings:
        changed = {n: settings[n] * float(s) for n, s in zip(MIRROR_SETTINGS, by, strict=True)}
        return plain(cls, {**settings, **changed})

    with patch.object(FluorescenceSettings, "of", classmethod(of)):
        yield by


def asked(seed: int, case: str, trials: int, estimator: str | None, folder: Path) -> SessionFile:
    rms_nm = round(float(np.random.default_rng(seed).uniform(80, 105)), 1)
    file = demo_files(seed, rms_nm)
    rig_text = file.rig.text
    if case in SCENES:
        rig_text = re.sub(r"(?m)^seed = (\d+).*$", rf'seed = \1\nscene = "{case}"', rig_text)
    rig = RigFile(parse(RigSpec, rig_text, file.rig.path), rig_text, file.rig.path)
    said = file.spec.model_dump(exclude_unset=True)
    said |= {"trials": trials, "sampler": {"kind": "model"}}
    if case == "pupil":
        text = re.sub(r"(?m)^seed = .*$", "seed = 99\nnumerical_aperture = 1.1", rig_text)
        (folder / "model.toml").write_text(text, encoding="utf-8")
        said["sampler"]["model"] = str(folder / "model.toml")
    if estimator is not None:
        said["estimator"] = {"kind": estimator}
    spec = type(file.spec).model_validate(said)
    return replace(file, spec=spec, text=spec.model_dump_json(exclude_unset=True), rig=rig)


def one(seed: int, case: str, trials: int, estimator: str | None) -> tuple[list[float], str]:
    with moved(case) as by, tempfile.TemporaryDirectory() as name:
        file = asked(seed, case, trials, estimator, Path(name))
        url = f"sqlite:///{(Path(name) / 'hil.db').as_posix()}"
        began_s = time.perf_counter()
        result = run_session(file, url)
        seconds = time.perf_counter() - began_s
        with open_database(url) as database:
            fields = database.session("last").extra["layout"]["fields"]
            frames = np.cumsum(database.trials("last", sort="number")["n_frames"].to_numpy())
            rows = database.rows("last")
        with Rig(Plan(file.rig)) as rig:
            best = dict(rig.truth.best_settings)
            hidden = np.array(list(rig.truth.aberration_nm.values()))
        best |= {n: best[n] / float(s) for n, s in zip(MIRROR_SETTINGS, by, strict=True)}
        mirror = np.array([[float(row.requested[n]) for n in MIRROR_SETTINGS] for row in rows])
        residual = np.linalg.norm(hidden + by * mirror, axis=1)
        nearer = [i for i in range(len(rows)) if residual[i] < residual[:i].min(initial=np.inf)]
        winner = result.winner or result.best
        assert winner is not None
        wanted = [best, *(dict(rows[i].requested) for i in nearer)]
        wanted.append(dict(rows[winner.number].requested))
        ideal, *own, won = sessions.Truth(file).of(wanted, fields)[0].tolist()
    shares = np.zeros(len(rows))
    shares[nearer] = np.array(own) / ideal
    return [
        sessions.first(shares >= 0.95, frames),
        sessions.first(shares >= 0.99, frames),
        sessions.first(residual <= 30, frames),
        float(frames[-1]),
        won / ideal,
        float(residual[winner.number]),
        seconds,
    ], result.sampler


def shown(values: np.ndarray) -> str:
    return " ".join(
        f"{value:8.1%}" if name == "truth" else f"{value:8.1f}"
        for name, value in zip(COLUMNS, values, strict=True)
    )


def main(asked_for: argparse.Namespace) -> None:
    print("case     seed   " + " ".join(f"{name:>8}" for name in COLUMNS), flush=True)
    for case in asked_for.cases or ["right"]:
        found = []
        for seed in range(asked_for.first, asked_for.first + asked_for.seeds):
            values, told = one(seed, case, asked_for.trials, asked_for.estimator)
            found.append(values)
            print(f"{case:<9}{seed:<6d} {shown(np.array(values))}  {told}", flush=True)
        filled = np.array(found)
        never = np.isnan(filled[:, :3]).sum(axis=0)
        filled[:, :3] = np.where(np.isnan(filled[:, :3]), np.inf, filled[:, :3])
        worst = filled.max(axis=0)
        worst[4] = filled[:, 4].min()
        print(f"{case:<9}median {shown(np.median(filled, axis=0))}")
        print(f"{case:<9}worst  {shown(worst)}")
        print(f"         never: {', '.join(map(str, never))} of {len(found)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", choices=[*CASES, []])
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--estimator")
    main(parser.parse_args())
