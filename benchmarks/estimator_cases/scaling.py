"""Time and memory against the number of patches, 1,000 to 100,000."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.estimator_cases import problems
from benchmarks.estimator_cases.table import Row
from hil.information import estimate_information
from hil.noise import GaussianNoise

COUNTS = (1_000, 10_000, 100_000)
P = 8


def rows(n_seeds: int) -> Iterator[Row]:
    del n_seeds
    for estimator in ("stationary", "gaussian"):
        seconds, peaks = [], []
        for n in COUNTS:
            frames = problems.process_patches(problems.exponential(P), 10.0, n, 0)
            run = partial(estimate_information, frames, GaussianNoise(10), estimator, P)
            seconds.append(problems.median_seconds(run, 3))
            tracemalloc.start()
            run()
            peaks.append(tracemalloc.get_traced_memory()[1] / frames.nbytes)
            tracemalloc.stop()
        slope = np.polyfit(np.log(COUNTS), np.log(seconds), 1)[0]
        yield Row(
            f"{estimator}, {COUNTS[0]:,} to {COUNTS[-1]:,} patches of {P} x {P}: slope",
            math.nan,
            0.0,
            seconds[-1],
            "",
            "slope 1.05, memory flat",
            f"slope {slope:.2f}, seconds {', '.join(f'{s:.3f}' for s in seconds)}, "
            f"memory {', '.join(f'{peak:.1f}' for peak in peaks)} times the frames",
        )
