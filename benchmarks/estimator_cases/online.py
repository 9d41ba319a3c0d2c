"""Frames of 2048 x 2048 as they come."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import psutil

from benchmarks.estimator_cases import problems
from benchmarks.estimator_cases.table import Row
from hil.information import OnlineEstimator
from hil.noise import CameraNoise

SIDE, FIELDS, DIFFERENT = 2048, 24, 4


def rows(n_seeds: int) -> Iterator[Row]:
    del n_seeds
    noise = CameraNoise(0.5, 100, 1.6)
    rng = np.random.default_rng(0)
    for name, texture in (("rough", _rough(rng)), ("smooth", _smooth())):
        frames = [noise.sample(300 * np.exp(0.3 * scene), rng) for scene in texture]
        exact = None
        for thinning, wanted in ((1, "60 ms, 400 MB"), (4, "10 ms, 0.001")):
            before = psutil.Process().memory_info().rss
            online = OnlineEstimator(noise, thinning=thinning)
            wall, cpu = [], []
            for number in range(FIELDS):
                started, used = time.perf_counter(), time.process_time()
                online.update(frames[number % DIFFERENT], number)
                wall.append(time.perf_counter() - started)
                cpu.append(time.process_time() - used)
            grown = (psutil.Process().memory_info().rss - before) / 2**20
            found = online.estimate()
            exact = found.bits_per_pixel if exact is None else exact
            on_demand = problems.median_seconds(online.estimate)
            yield Row(
                f"online, {name} scenes, 1/{thinning**2} of the pixels",
                found.bits_per_pixel - exact,
                0.0,
                float(np.median(wall)),
                "no such thing",
                wanted,
                f"{1e3 * float(np.median(cpu)):.0f} ms of processor, estimate on demand in "
                f"{1e3 * on_demand:.0f} ms, {grown:.0f} MB more for {FIELDS} fields",
            )


def _rough(rng: np.random.Generator) -> list[problems.Floats]:
    return [rng.standard_normal((SIDE, SIDE)) for _ in range(DIFFERENT)]


def _smooth() -> list[problems.Floats]:
    return [problems.smooth_fields(1, SIDE, 1.0, 3.0, seed)[0] for seed in range(DIFFERENT)]
