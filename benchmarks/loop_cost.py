"""What the loop itself costs a trial, beyond device time, estimation and the sampler's own ask.

Runs one session of the simulated microscope with eight settings and eight frames of 256 x 256 a
trial, on SQLite, and compares its first trials with those after 2,000.

    python benchmarks/loop_cost.py [trials] [side of a frame, pixels]

With frames of 32 pixels, 2,000 trials take a minute: that shows whether the cost grows. With 256,
some hundred trials show what it is.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import optuna

from hil.demo import demo_files
from hil.session.assess import SessionAssessor
from hil.session.loop.device_work import DeviceWork
from hil.session.run import run_session
from hil.spec import RandomSampler, RigFile, RigSpec
from hil.spec.load import parse

WINDOW = 50


class Stopwatch:
    """Adds up the time spent in wrapped functions."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    def wrap(self, function: Any) -> Any:
        """Count the time that a function takes."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.spent_s += time.perf_counter() - began

        return timed


def main(trials: int, side_px: int) -> None:
    watch = Stopwatch()
    optuna.Study.ask = watch.wrap(optuna.Study.ask)  # type: ignore[method-assign]
    SessionAssessor.assess = watch.wrap(SessionAssessor.assess)  # type: ignore[method-assign]
    DeviceWork.run = watch.wrap(DeviceWork.run)  # type: ignore[method-assign]
    marks: list[tuple[float, float]] = []

    def observe(snapshot: Any) -> None:
        if snapshot.state is not None and snapshot.state.ended:
            marks.append((time.perf_counter(), watch.spent_s))

    file = demo_files()
    sizes = f"height_px = {side_px}\nwidth_px = {side_px}\nseed ="
    text = file.rig.text.replace("seed =", sizes, 1)
    rig = RigFile(parse(RigSpec, text, file.rig.path), text, file.rig.path)
    spec = file.spec.model_copy(update={"sampler": RandomSampler(kind="random"), "trials": trials})
    with tempfile.TemporaryDirectory() as folder:
        run_session(
            replace(file, spec=spec, rig=rig),
            f"sqlite:///{(Path(folder) / 'hil.db').as_posix()}",
            observer=observe,
        )
    own_ms = [((b[0] - a[0]) - (b[1] - a[1])) * 1000 for a, b in pairwise(marks)]
    for name, window in (("first", own_ms[:WINDOW]), ("last", own_ms[-WINDOW:])):
        print(
            f"{name} {len(window)} of {len(marks)} trials:"
            f" median {statistics.median(window):.1f} ms,"
            f" mean {statistics.mean(window):.1f} ms, largest {max(window):.1f} ms"
        )


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    main(*(words + [2000 + WINDOW, 256][len(words) :]))
