"""Sessions in a hostile laboratory: what was tried, and what they survived.

    python benchmarks/chaos.py [N] [--only kills signals ...] [--seed 1] [--seconds S]

Each row says how often a fault was tried, how often all held that must hold, and the longest that
the light was on after it; below it stands what did not hold. N is how often each is tried (default
1); kills come three to an N, calls that hang and mutated files as said by the row's own module.
With --seconds each part ends after so long with what it has tried by then; Ctrl-C ends the program
so. How far a part is stands on standard error meanwhile.

Times are counted from when the process got a signal, or its database went away. A bound in seconds
is that of a quiet machine: it is multiplied by the load of each core, where that is above 1 (the
last column gives the most that there was), and is longer by what a sleeping process overslept.
Linux and macOS alone: signals and terminals are theirs.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import (
    chaos_cells,
    chaos_ends,
    chaos_files,
    chaos_hangs,
    chaos_instants,
    chaos_stores,
)
from benchmarks.chaos_course import COURSE, TimeIsUp
from benchmarks.chaos_night import ChaosRow

PARTS: dict[str, Callable[[int, random.Random], list[ChaosRow]]] = {
    "kills": lambda n, rng: [chaos_ends.kills(3 * n, rng)],
    "signals": chaos_ends.signals,
    "instants": chaos_instants.instants,
    "exceptions": chaos_ends.exceptions,
    "descriptors": chaos_ends.descriptors,
    "hangs": lambda n, rng: [chaos_hangs.hangs(3 * n, rng)],
    "disks": chaos_stores.disks,
    "locks": chaos_stores.locks,
    "servers": chaos_stores.servers,
    "texts": lambda n, rng: chaos_files.texts(20 * n, rng),
    "frames": lambda n, rng: chaos_files.frames(100 * n, rng),
    "databases": lambda n, rng: chaos_files.databases(5 * n, rng),
    "cells": lambda n, rng: chaos_cells.cells(50 * n, rng),
}


def main() -> int:
    """Print the table; 0 if all held, 1 if not, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser()
    parser.add_argument("n", type=int, nargs="?", default=1)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=math.inf)
    asked = parser.parse_args()
    print(f"{'fault':46} {'tried':>6} {'survived':>9} {'worst':>9} {'load':>6}")
    held, began_s = True, time.monotonic()
    for name in asked.only:
        COURSE.begin_part(asked.seconds)
        cut_off = False
        try:
            PARTS[name](asked.n, random.Random(f"{name} {asked.seed}"))
        except TimeIsUp:
            pass
        except KeyboardInterrupt:
            cut_off = True
        for row in COURSE.rows:
            print(row, flush=True)
            held = held and not row.problems
        if cut_off:
            print(f"interrupted after {time.monotonic() - began_s:.0f} s")
            return 130
    print(f"{time.monotonic() - began_s:.0f} s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
