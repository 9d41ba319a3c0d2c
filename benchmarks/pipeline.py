"""Share of the time in which camera or stage works, with and without `[measure] pipeline`.

A rig in real time: eight mirror modes that settle for 50 ms, and a camera that takes 16 frames of
20 ms, 512 x 512, and reads out. The frames are rendered beforehand, since a simulator's rendering
is no cost of a session: of the demo's microscope at a few distances from the hidden aberration,
each time rolled by some pixels.

    OMP_NUM_THREADS=1 python benchmarks/pipeline.py [trials] [estimator] [repeats|fields] [way ...]

Ways: false, true, auto.

measured: the share of the time from the first trial to the last in which the mirror or the stage
moved, or the camera exposed or read out. free cores: what it would be on two cores that do nothing
else, by processor time: of a trial's estimate and proposal, which need a core, and of everything
else, as if the devices waited for all of that.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hil.demo import demo_files
from hil.proposer import OptunaProposer
from hil.rig import driver_kinds
from hil.session.assess import SessionAssessor
from hil.session.pipeline import ahead
from hil.session.run import run_session
from hil.spec import RigFile, RigSpec, SessionSpec
from hil.spec.load import parse
from sim.microscope import KIND as MICROSCOPE
from sim.parts.simulated_clock import RealTime

SIDE_PX, FRAMES, FRAME_S, SETTLE_S = 512, 16, 0.020, 0.050
LEVELS = np.linspace(1.0, 0.0, 6)


class Canned:
    """The microscope with frames that are rendered when it is opened."""

    def options(self, table: Any, folder: Path) -> Any:
        """Check a table."""
        return MICROSCOPE.options(table, folder)

    def resources(self, options: Any) -> tuple[str, ...]:
        """Hold nothing."""
        return ()

    def open(self, options: Any) -> Any:
        """Render, and put the frames in the place of the simulation."""
        quick = MICROSCOPE.open(options.model_copy(update={"realtime": False}))
        frames = list(_rendered(quick))
        rig = MICROSCOPE.open(options)
        camera, mirror = rig.devices["camera"], rig.devices["mirror"]
        rng, best = np.random.default_rng(0), rig.truth.best_settings

        def expose() -> np.ndarray:
            present = mirror.present()
            away = np.sqrt(sum((present[n] - v) ** 2 for n, v in best.items() if n in present))
            start = np.sqrt(sum(v**2 for n, v in best.items() if n in present))
            level = int(np.argmin(np.abs(LEVELS - min(away / start, 1.0))))
            return np.roll(frames[level], tuple(rng.integers(0, SIDE_PX, 2)), (0, 1))

        camera._expose = expose  # noqa: SLF001
        return rig


def _rendered(rig: Any) -> Iterator[np.ndarray]:
    rig.devices["light"].start({"light.power_mw": 1.0})
    for level in LEVELS:
        mirror = rig.devices["mirror"]
        best = rig.truth.best_settings
        mirror.start({n: v * (1 - level) for n, v in best.items() if n.startswith("mirror.")})
        mirror.settle(10)
        yield next(iter(rig.devices["camera"].capture(1, 10))).pixels


KIND = Canned()


class Spent:
    """Adds up processor time of the calling threads, by what they did."""

    def __init__(self) -> None:
        self.s: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._guard = threading.Lock()

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Count what a function spends."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                with self._guard:
                    self.s[name] = self.s.get(name, 0.0) + time.thread_time() - began
                    self.calls[name] = self.calls.get(name, 0) + 1

        return timed


class Devices:
    """Adds up the time in which mirror, stage or camera work, one of them at a time."""

    def __init__(self) -> None:
        self.busy_s = 0.0
        self._wait = RealTime.wait

    def wait(self, pace: RealTime, seconds: float, interrupted: threading.Event) -> bool:
        """Wait as the simulated device does."""
        began = time.perf_counter()
        try:
            return self._wait(pace, seconds, interrupted)
        finally:
            self.busy_s += time.perf_counter() - began


def session(trials: int, estimator: str, shape: str, pipeline: str) -> Any:
    file = demo_files()
    sizes = f"height_px = {SIDE_PX}\nwidth_px = {SIDE_PX}\nrealtime = true\nseed ="
    text = file.rig.text.replace('"sim.microscope"', '"bench.canned"').replace("seed =", sizes, 1)
    text = text.replace('"camera.exposure_ms" = 10.0', f'"camera.exposure_ms" = {FRAME_S * 1e3}')
    modes = [axis.setting for axis in file.spec.search]
    text += "".join(f'\n[limits."{mode}"]\nsettle_ms = {SETTLE_S * 1e3:g}\n' for mode in modes)
    rig = RigFile(parse(RigSpec, text, file.rig.path), text, file.rig.path)
    said = file.spec.model_dump(exclude_unset=True)
    grid = {"columns": 4, "rows": 4, "step_um": 1.0}
    said["measure"] = {"repeats": FRAMES} if shape == "repeats" else {"grid": grid}
    said["measure"]["pipeline"] = {"true": True, "false": False}.get(pipeline, pipeline)
    said |= {"trials": trials, "estimator": {"kind": estimator}, "finish": {"remeasure": 0}}
    spec = SessionSpec.model_validate(said)
    return replace(file, spec=spec, rig=rig, text=spec.model_dump_json(exclude_unset=True))


def main(trials: int, estimator: str, shape: str, ways: list[str]) -> None:
    root = str(Path(__file__).parents[1])  # where the kind is found, by the guardian too
    sys.path.insert(0, root)
    os.environ["PYTHONPATH"] = root
    driver_kinds.BUILT_IN["bench.canned"] = "benchmarks.pipeline:KIND"
    spent, hits = Spent(), {True: 0, False: 0}
    SessionAssessor.assess = spent.wrap("estimate", SessionAssessor.assess)  # type: ignore[method-assign]
    OptunaProposer.propose = spent.wrap("ask", OptunaProposer.propose)  # type: ignore[method-assign]
    same = ahead._same  # noqa: SLF001

    def counted(*args: Any) -> bool:
        found = same(*args)
        hits[found] += 1
        return found

    ahead._same = counted  # type: ignore[assignment]  # noqa: SLF001
    devices = Devices()
    RealTime.wait = lambda *given: devices.wait(*given)  # type: ignore[method-assign]
    print(f"{trials} trials of {FRAMES} {shape}, {estimator}")
    for pipeline in ways:
        spent.s, marks, own = {}, [], []
        hits.update({True: 0, False: 0})

        def observe(snapshot: Any, marks: Any = marks, own: Any = own) -> None:
            if snapshot.state is not None:
                marks.append((time.perf_counter(), devices.busy_s))
            if snapshot.state is not None and snapshot.state.ended:
                own.append(time.process_time() - sum(spent.s.values()))

        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{(Path(folder) / 'hil.db').as_posix()}"
            result = run_session(session(trials, estimator, shape, pipeline), url, observer=observe)
        estimate, ask = spent.s["estimate"] / trials, spent.s["ask"] / trials
        (began, idle), (ended, busy_s) = marks[0], marks[-1]
        wall, devices_s = (ended - began) / trials, (busy_s - idle) / trials
        thinking, rest = estimate + ask, float(np.median(np.diff(own)))
        busy = devices_s + rest
        quiet = {"true": max(busy, thinking), "false": busy + thinking}.get(pipeline, np.nan)
        print(
            f"pipeline {pipeline:<6} measured {devices_s / wall:6.1%}"
            f" ({devices_s:.2f} of {wall:.2f} s a trial), free cores {devices_s / quiet:6.1%};"
            f" processor: estimate {estimate:.3f} s, ask {ask:.3f} s,"
            f" else {rest:.3f} s; {result.n_complete} complete,"
            f" thought ahead {hits[True]} of {sum(hits.values())}",
            flush=True,
        )


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else 30,
        given[1] if given[1:] else "stationary",
        given[2] if given[2:] else "fields",
        given[3:] or ["false", "true", "auto"],
    )
