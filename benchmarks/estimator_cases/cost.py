"""What the default estimate costs: the processor's time, the first time and after, and memory.

Frames of 256 x 256 of a converter of 8, 12 or 16 bits. Each row has a process of its own, whose
libraries keep to one thread; memory is what it grows by over its frames, while a thread watches.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import psutil

from benchmarks.estimator_cases.table import Row
from hil.information import estimate_information
from hil.noise import CameraNoise

SIDE = 256
FULL_E = 20_000.0  # full well
CASES = [(n, bits, 16) for n in (8, 16) for bits in (8, 12, 16)] + [(8, 12, 8)]


def rows(n_seeds: int) -> Iterator[Row]:
    """Measure each case once: seeds do not change it."""
    del n_seeds
    for n_frames, bits, patch_size in CASES:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            seconds, grown_mb = pool.submit(measure, n_frames, bits, patch_size).result()
        yield Row(
            f"cost of {n_frames} frames of {SIDE} x {SIDE}, {bits} bit, patches of {patch_size}",
            math.nan,
            0.0,
            float(np.median(seconds[1:])),
            "",
            "1 s, then 0.4 s for 8 frames",
            f"{seconds[0]:.2f} s the first time; memory grew by {grown_mb:.0f} MB",
        )


def measure(n_frames: int, bits: int, patch_size: int) -> tuple[list[float], float]:
    """Give seconds of five estimates, and by how much memory grew, MB."""
    rng = np.random.default_rng(0)
    noise = CameraNoise(FULL_E / 2**bits, 2 ** (bits - 6), 1.6, bits)
    light_e = FULL_E / 5 * np.exp(0.4 * rng.standard_normal((n_frames, 1, SIDE, SIDE)))
    frames = noise.sample(light_e, rng)
    del light_e
    process, done, seconds = psutil.Process(), threading.Event(), []
    before = peak = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(5):
        started = time.process_time()
        estimate_information(frames, noise, patch_size=patch_size, max_saturated_share=1.0)
        seconds.append(time.process_time() - started)
    done.set()
    watcher.join()
    return seconds, (peak - before) / 2**20
