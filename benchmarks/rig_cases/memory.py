"""Memory that a batch of fields takes, beside what comes out and what was there before.

Each rig is measured in a process of its own whose allocator gives memory back at once (glibc's;
elsewhere the figures may be too low).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import torch

from benchmarks.rig_cases.table import Row
from tests.sim.imagers import CASES, images

FIELDS = (1, 4, 16)


def rows(quick: bool) -> Iterator[Row]:
    """Measure 512 x 512 pixels, or as many bins, on one thread."""
    for case in CASES:
        command = [sys.executable, "-m", "benchmarks.rig_cases.memory", case.name, str(int(quick))]
        environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"}
        root = Path(__file__).parents[2]
        done = subprocess.run(
            command, env=environment, cwd=root, capture_output=True, text=True, check=True
        )
        name = f"{case.name}: batches of {', '.join(map(str, FIELDS))} fields, beside the result"
        yield Row(name, f"{done.stdout.strip()} MB")


def measure(name: str, quick: bool) -> list[float]:
    """Take the peaks of one rig, MB."""
    torch.set_num_threads(1)
    (case,) = (one for one in CASES if one.name == name)
    compute = images(case, **({} if quick else case.large))
    with torch.inference_mode():
        batches = [
            torch.tensor(case.places[:1], dtype=torch.float64).repeat(count, 1) for count in FIELDS
        ]
        result_mb = compute(batches[0]).numel() * 4e-6  # and scenes, pupils, transfer functions
        return [_peak_mb(compute, batch) - result_mb * len(batch) for batch in batches]


def _peak_mb(compute: Callable[[torch.Tensor], torch.Tensor], batch: torch.Tensor) -> float:
    """Resident memory at its highest during some work, less that before it."""
    process, done = psutil.Process(), threading.Event()
    before = highest = process.memory_info().rss

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.0005):
            highest = max(highest, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    compute(batch)
    done.set()
    watcher.join()
    return (highest - before) / 1e6


if __name__ == "__main__":
    print(", ".join(f"{mb:.0f}" for mb in measure(sys.argv[1], sys.argv[2] == "1")))
