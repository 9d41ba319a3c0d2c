"""Time and memory against the number of patches, 1,000 to 100,000.

Each measurement has a process of its own. Time is the processor's, by one thread; memory is what
the process grows by over its frames, while a thread watches.
"""

from __future__ import annotations

import math
import multiprocessing
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
import psutil
from threadpoolctl import threadpool_limits

from benchmarks.estimator_cases import problems
from benchmarks.estimator_cases.table import Row
from hil.information import estimate_information
from hil.noise import GaussianNoise

COUNTS = (1_000, 10_000, 100_000)
P = 8
ESTIMATORS = ("stationary", "gaussian", "copula", "mixture", "pairwise", "pixelcnn")


class Cost(NamedTuple):
    """What one estimate took."""

    seconds: float
    grown_mb: float
    frames_mb: float


def rows(n_seeds: int) -> Iterator[Row]:
    del n_seeds
    spawn = multiprocessing.get_context("spawn")
    for estimator in ESTIMATORS:
        with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
            costs = list(pool.map(measure, [estimator] * len(COUNTS), COUNTS))
        seconds = [cost.seconds for cost in costs]
        slope = np.polyfit(np.log(COUNTS), np.log(seconds), 1)[0]
        yield Row(
            f"{estimator}, {COUNTS[0]:,} to {COUNTS[-1]:,} patches of {P} x {P}: slope",
            math.nan,
            0.0,
            seconds[-1],
            "",
            "slope 1.05, memory flat",
            f"slope {slope:.2f}; seconds {', '.join(f'{s:.3f}' for s in seconds)}; MB beyond the "
            f"frames {', '.join(f'{cost.grown_mb:.0f}' for cost in costs)}, "
            f"frames {', '.join(f'{cost.frames_mb:.1f}' for cost in costs)}",
        )


def measure(estimator: str, n: int) -> Cost:
    import torch

    torch.set_num_threads(1)
    frames = problems.process_patches(problems.exponential(P), 10.0, n, 0)
    if estimator == "copula":  # its kind of data
        frames = np.rint(frames + 1000)
    frames = frames.astype(np.float32 if estimator != "copula" else np.uint16)
    noise = GaussianNoise(10)
    with threadpool_limits(1):
        estimate_information(frames[:100], noise, estimator, P)  # loads what it needs
        process = psutil.Process()
        before, peak, done = process.memory_info().rss, 0, threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.005):
                peak = max(peak, process.memory_info().rss)

        watcher = threading.Thread(target=watch)
        watcher.start()
        started = time.process_time()
        estimate_information(frames, noise, estimator, P)
        seconds = time.process_time() - started
        done.set()
        watcher.join()
    return Cost(seconds, max(0, peak - before) / 2**20, frames.nbytes / 2**20)
