"""A long session on a tiny simulated rig: whether memory, or the cost of a trial, grows.

    python benchmarks/soak.py [TRIALS] [SAMPLER]

Printed for each tenth of the session: the process's memory, the median time of a trial, and what of
the processor a trial took (the mean, of all threads), which other work beside it changes less. Then
what memory grew by after the first tenth, and what Optuna's study of as many trials takes alone.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import optuna
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from hil import run_session
from tests.hil.small_session import BY_DEFAULT, RIG


def memory_mb() -> float:
    return float(psutil.Process(os.getpid()).memory_info().rss / 1e6)


def optuna_mb(trials: int) -> float:
    """Tell what a study of so many trials takes by itself."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study, before = optuna.create_study(), memory_mb()
    space: Any = {name: optuna.distributions.FloatDistribution(-1, 1) for name in "ab"}
    for i in range(trials):
        params = dict.fromkeys(space, i / trials)
        study.add_trial(optuna.trial.create_trial(params=params, distributions=space, value=1.0))
    return memory_mb() - before


def main(trials: int, sampler: str) -> None:
    """Run it."""
    alone_mb = optuna_mb(trials)  # first, where no memory lies free that it could take
    marks: list[tuple[float, float, float]] = []

    def observe(snapshot: Any) -> None:
        if snapshot.state is not None and snapshot.state.ended:
            marks.append((time.perf_counter(), memory_mb(), time.process_time()))

    session = BY_DEFAULT.replace("trials = 6", f"trials = {trials}").replace("random", sampler)
    session = session.replace("repeats = 2", 'repeats = 2\nkeep_frames = "none"')
    session += '[estimator]\nkind = "stationary"\npatch_size = 4\n[finish]\nremeasure = 0\n'
    rig = RIG.replace("height_px = 64\nwidth_px = 64", "height_px = 32\nwidth_px = 32")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rig.toml").write_text(rig, encoding="utf-8")
        (folder / "session.toml").write_text(session, encoding="utf-8")
        url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
        result = run_session(folder / "session.toml", url, observer=observe)
    print(f"{result.state}: {result.n_complete} of {trials} COMPLETE, sampler {sampler}")
    step = max(len(marks) // 10, 2)
    for first in range(0, len(marks) - step + 1, step):
        part = marks[first : first + step]
        times = [b[0] - a[0] for a, b in pairwise(part)]
        median_ms = 1000 * statistics.median(times)
        processor_ms = 1000 * (part[-1][2] - part[0][2]) / (step - 1)
        print(
            f"trials {first:5} to {first + step - 1:5}: {part[-1][1]:7.1f} MB,"
            f" {median_ms:6.1f} ms, {processor_ms:6.1f} ms of the processor"
        )
    grown = marks[-1][1] - marks[step - 1][1]
    print(f"grown by {grown:.1f} MB since the first tenth; Optuna alone {alone_mb:.1f} MB")


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["1000"])[0]), (sys.argv[2:] or ["random"])[0])
