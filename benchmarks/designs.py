"""Lenslets by gradient and by trials: `python benchmarks/designs.py [TRIALS] [SEEDS] [FIRST]`.

Four lenslets, ten settings: their places, their diameter, their distance. Both begin where the rig
stands, see the same scenes under the same noise, and are judged by other fields of view: expected
information there, and what `predictive` finds in frames drawn.

Each keeps a course: the best settings that it knew after so many CPU seconds, by its own measure
(of the gradient, the best seen in the most fields of view so far), and at the end what it chose.
Courses are judged afterwards, at the other fields.

Two times are told for trials: of all, and after which their course comes to what it ends with. And
three for the gradient: after which its course comes to what trials end with and falls below it no
more, of the whole search, and of all with the measuring of its designs (four trials of a session).

These are processor time, from when the session is called for, of a process of its own that has
imported torch, which the simulated rig needs, and nothing that only a session does. What that start
took is told beside it: it comes once, before either way. `python benchmarks/designs.py 0` leaves
the trials out.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

import hil
import hil.design
from hil.information import estimate_information
from hil.information.torch import expected_information
from hil.noise import CameraNoise

CAMERA = CameraNoise(gain_e_per_adu=2.5, offset_adu=20, read_noise_e=5, bit_depth=12)
RIG = """
name = "lenslets"
camera = "camera"

[[driver]]
kind = "sim.lensless"
side_px = 96
seed = {seed}

[noise]
kind = "camera"
gain_e_per_adu = 2.5
offset_adu = 20
read_noise_e = 5
bit_depth = 12

[setup]
"mask.apertures" = 4
"camera.exposure_ms" = 20
"""
SESSION = """
name = "lenslets"
rig = "rig.toml"
trials = {trials}
seed = {seed}

[measure]
fields = [{fields}]
repeats = 1
"""
AXES = {
    **{f"mask.{axis}{i}_um": (-150.0, 150.0) for i in range(1, 5) for axis in "xy"},
    "mask.diameter_um": (60.0, 250.0),
    "mask.distance_mm": (3.0, 6.0),
}


def _files(folder: Path, trials: int, seed: int) -> Path:
    places = [(x, y) for x in (-450, -150, 150, 450) for y in (-300, 300)]
    fields = ", ".join(f'{{ "pointing.x_mrad" = {x}, "pointing.y_mrad" = {y} }}' for x, y in places)
    search = "".join(
        f'\n[[search]]\nsetting = "{name}"\nlow = {low}\nhigh = {high}\n'
        for name, (low, high) in AXES.items()
    )
    (folder / "rig.toml").write_text(RIG.format(seed=seed), encoding="utf-8")
    text = SESSION.format(trials=trials, seed=seed, fields=fields) + search
    (folder / "session.toml").write_text(text, encoding="utf-8")
    return folder / "session.toml"


def _at_other_fields(folder: Path) -> Callable[[Mapping[str, Any]], torch.Tensor]:
    """(fields, height, width) electrons that settings bring there."""
    with hil.load_rig(folder / "rig.toml") as rig:
        path = rig.truth.path
        held = {**rig.truth.suppose(), "mask.apertures": 4, "camera.exposure_ms": 20.0}
    others = [
        {"pointing.x_mrad": float(x), "pointing.y_mrad": float(y)}
        for x in (-375, -225, -75, 75, 225, 375)
        for y in (-200, 0, 200)
    ]

    def electrons(settings: Mapping[str, Any]) -> torch.Tensor:
        with torch.no_grad():
            found: torch.Tensor = path.electrons_with_gradient({**held, **settings}, others)
            return found.double()

    return electrons


def _found_in_frames(electrons: torch.Tensor) -> float:
    frames = CAMERA.sample(electrons.numpy(), np.random.default_rng(0))
    return estimate_information(frames, CAMERA).bits_per_pixel


class _Clock:
    """Processor seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.process_time()

    def __call__(self) -> float:
        return time.process_time() - self._began


@dataclass(frozen=True)
class _Way:
    """What one way of designing came to.

    Parameters
    ----------
    course
        After so many CPU seconds, the best settings known; what was chosen, at the end of all.
    searched_s
        CPU seconds until the search ended.
    start_s
        CPU seconds of the process before the session was called for.
    """

    course: list[tuple[float, Mapping[str, Any]]]
    searched_s: float
    start_s: float


def _by_gradient(session: Path) -> _Way:
    start_s, clock = time.process_time(), _Clock()
    course: list[tuple[float, Mapping[str, Any]]] = []
    best, last_s = (0, -math.inf), [0.0]

    def saw(settings: Mapping[str, Any], bits_per_pixel: float, n_fields: int) -> None:
        nonlocal best
        last_s[0] = clock()
        if (n_fields, bits_per_pixel) > best:
            best = n_fields, bits_per_pixel
            course.append((last_s[0], dict(settings)))

    found = hil.design.design_session(session, _database(session, "gradient"), saw=saw)
    return _Way([*course, (clock(), found.best_settings)], last_s[0], start_s)


def _by_trials(session: Path) -> _Way:
    start_s, clock = time.process_time(), _Clock()
    best: list[tuple[float, int]] = []

    def observer(snapshot: Any) -> None:
        now = snapshot.best
        if now is not None and (not best or best[-1][1] != now.number):
            best.append((clock(), now.number))

    found = hil.run_session(session, _database(session, "trials"), observer=observer)
    spent_s = clock()
    rows = found.trials().set_index("number")
    course = [(at, {name: rows[name].to_dict()[number] for name in AXES}) for at, number in best]
    return _Way([*course, (spent_s, found.best_settings)], spent_s, start_s)


def _database(session: Path, name: str) -> str:
    return f"sqlite:///{session.parent.as_posix()}/{name}.db"


def _alone(way: Callable[[Path], _Way], session: Path) -> _Way:
    """Go it in a process that has gone none before."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(way, session).result()


def _reached_s(course: list[tuple[float, float]], score: float) -> float:
    """When a course comes to a score and falls below it no more; infinite if it does not."""
    below = [i for i, (_, value) in enumerate(course) if value < score]
    first = below[-1] + 1 if below else 0
    return course[first][0] if first < len(course) else math.inf


def main() -> None:
    """Print both, seed by seed."""
    asked = [int(one) for one in sys.argv[1:]]
    trials, seeds, first = (*asked, *(50, 2, 1)[len(asked) :])
    print(
        "| seed | by | start, CPU s | comes to what trials end with, CPU s | search, CPU s "
        "| all, CPU s | expected at other fields | found in frames |\n"
        f"|{'---|' * 8}"
    )
    for seed in range(first, first + seeds):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            session = _files(Path(name), max(trials, 1), seed)
            electrons = _at_other_fields(session.parent)

            def expected(
                settings: Mapping[str, Any], electrons: Callable[..., torch.Tensor] = electrons
            ) -> float:
                return float(expected_information(electrons(settings), CAMERA))

            ways = {"gradient": _alone(_by_gradient, session)}
            if trials:
                ways = {f"{trials} trials": _alone(_by_trials, session), **ways}
            goal = math.nan
            print(f"| {seed} | where it stood | | | | | {expected({}):.4f} | |")
            for by, way in ways.items():
                course = [(at, expected(settings)) for at, settings in way.course]
                spent_s, score = course[-1]
                goal = score if by != "gradient" else goal
                reached_s = _reached_s(course, goal) if trials else math.nan
                times = (f"{at:.1f}" for at in (way.start_s, reached_s, way.searched_s, spent_s))
                found = _found_in_frames(electrons(way.course[-1][1]))
                row = (str(seed), by, *times, f"{score:.4f}", f"{found:.4f}")
                print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
