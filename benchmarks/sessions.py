"""How many frames a session needs on the demo's problem, and how good its winner is.

For each seed a hidden aberration of 80 to 105 nm rms is drawn and the demo's session is run, each
way of searching on the same simulator; the information of every trial's settings is evaluated
afterwards on all fields of view, against that without aberration.

    python benchmarks/sessions.py [number of seeds] [trials] [way ...]

Ways: auto (one field of view to search), auto-all, gp, tpe, random (all fields in every trial).
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from demo_seeds import information_without_aberration

from hil import open_database, run_session
from hil.demo import demo_files, residual_rms_nm
from hil.spec import SessionFile

WAYS: Mapping[str, Mapping[str, Any]] = {
    "auto": {"sampler": {"kind": "auto"}, "fields": "as needed"},
    "auto-all": {"sampler": {"kind": "auto"}, "fields": None},
    "gp": {"sampler": {"kind": "gp"}, "fields": None},
    "tpe": {"sampler": {"kind": "tpe"}, "fields": None},
    "random": {"sampler": {"kind": "random"}, "fields": None},
}


def asked(seed: int, way: str, trials: int) -> SessionFile:
    rms_nm = round(float(np.random.default_rng(seed).uniform(80, 105)), 1)
    file = demo_files(seed, rms_nm)
    said = file.spec.model_dump(exclude_unset=True)
    said["trials"] = trials
    said["sampler"] = WAYS[way]["sampler"]
    said["measure"]["fields"] = WAYS[way]["fields"]
    if said["measure"]["fields"] is None:
        del said["measure"]["fields"]
    spec = type(file.spec).model_validate(said)
    return replace(file, spec=spec, text=spec.model_dump_json(exclude_unset=True))


def first(reached: np.ndarray, frames: np.ndarray) -> float:
    """Frames until something is reached; NaN where it never is."""
    return float(frames[int(np.argmax(reached))]) if reached.any() else float("nan")


def one(seed: int, way: str, trials: int) -> list[float]:
    file = asked(seed, way, trials)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{(Path(folder) / 'hil.db').as_posix()}"
        began_s = time.perf_counter()
        result = run_session(file, url)
        seconds = time.perf_counter() - began_s
        with open_database(url) as database:
            fields = database.session("last").extra["layout"]["fields"]
            table = database.trials("last")
            rows = database.rows("last")
    _, ideal = information_without_aberration(file, fields)
    frames = np.cumsum(table["n_frames"].to_numpy())
    residual = np.array(residual_rms_nm(file, [row.requested for row in rows]))
    # fields differ: a trial's share is told by its residual, as one of all fields' would be
    share = np.array([row.objectives[0] if row.objectives else 0.0 for row in rows]) / ideal
    assert result.best is not None
    (left,) = residual_rms_nm(file, [result.best_settings])
    return [
        first(share >= 0.95, frames),
        first(share >= 0.99, frames),
        first(residual <= 30, frames),
        float(frames[-1]),
        result.best.objective / ideal,
        left,
        seconds,
    ]


def main(n_seeds: int, trials: int, ways: list[str]) -> None:
    print("way        95 %   99 %  30 nm  frames  winner  left nm  seconds   median, then worst")
    for way in ways:
        found = np.array([one(seed, way, trials) for seed in range(1, n_seeds + 1)])
        never = np.isnan(found).sum(axis=0)
        filled = np.where(np.isnan(found), np.inf, found)
        middle, worst = np.median(filled, axis=0), filled.max(axis=0)
        worst[4] = found[:, 4].min()
        for name, row in ((way, middle), ("", worst)):
            print(
                f"{name:<9}{row[0]:6.0f} {row[1]:6.0f} {row[2]:6.0f} {row[3]:7.0f} {row[4]:7.1%}"
                f" {row[5]:8.1f} {row[6]:8.1f}",
                flush=True,
            )
        print(f"         never: {never[0]}, {never[1]}, {never[2]} of {n_seeds}", flush=True)


if __name__ == "__main__":
    count, trials, *ways = [*sys.argv[1:], *["6", "50"][len(sys.argv[1:3]) :]]
    main(int(count), int(trials), ways or ["auto"])
