"""Times of a frame beside what the physics cannot do without."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import numpy as np
import torch

from benchmarks.rig_cases.table import Row


def milliseconds(work: Callable[[int], object], repeats: int = 9) -> float:
    """Median processor time of ``work(k)``, k = 1, 2, ..., one thread, after one that warms up."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    work(0)
    times = []
    for k in range(1, repeats + 1):
        begun = process_time()
        work(k)
        times.append(process_time() - begun)
    torch.set_num_threads(threads)
    return 1e3 * float(np.median(times))


def over_bare(what: str, took_ms: float, transforms_ms: float, side_px: int, note: str) -> Row:
    """Compare a frame with its bare transforms and one Poisson and one normal draw a pixel."""
    rng = np.random.default_rng(0)
    electrons = np.full((side_px, side_px), 50.0, np.float32)
    draws_ms = milliseconds(
        lambda k: (rng.poisson(electrons), rng.standard_normal(electrons.shape, np.float32))
    )
    return Row(
        f"{what}, over its bare transforms and draws",
        f"{took_ms / (transforms_ms + draws_ms):.2f}",
        "2",
        f"{took_ms:.1f} ms of processor time against {transforms_ms:.1f} for {note}, and "
        f"{draws_ms:.1f} for draws",
    )
