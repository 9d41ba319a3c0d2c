"""What bringing a trial's frames to the disk costs the loop, sync by sync.

    python benchmarks/frame_syncs.py [trials] [fields] [side_px] [folder]

Fields of view of noise are handed to the writer as a session does. Printed are the median and the
fastest time of `FrameWriter.seal`, for which the loop waits, and of each kind of sync within it,
with how often it comes a trial. The folder should lie on the disk that the frames go to.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hil.records.frames import FieldFrames
from hil.store.frames import files
from hil.store.frames.writer import FrameWriter

SYNCS = ("write_chunk", "sync_file", "sync_folder")


def main(trials: int = 60, fields: int = 4, side_px: int = 512, folder: str = "") -> None:
    rng = np.random.default_rng(0)
    pixels = rng.poisson(200, (2, side_px, side_px)).astype(np.uint16)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    took: dict[str, list[float]] = defaultdict(list)
    for name in SYNCS:
        setattr(files, name, _timed(getattr(files, name), took[name]))
    with tempfile.TemporaryDirectory(dir=folder or None) as inside:
        writer = FrameWriter(Path(inside), "f" * 32, "all")
        for number in range(trials):
            for index in range(fields):
                writer.put(number, FieldFrames(index, pixels, 10.0, 65535, at), {})
            while len(took["write_chunk"]) < fields * (number + 1):  # the camera's time
                time.sleep(0.001)
            time.sleep(0.05)  # what is left then is the seal's own
            _timed(writer.seal, took["seal"])(number)
        writer.close()
    print(f"{'':12} {'median':>9} {'fastest':>9}  a trial")
    for name, times in took.items():
        median, fastest = 1e3 * statistics.median(times), 1e3 * min(times)
        print(f"{name:12} {median:6.2f} ms {fastest:6.2f} ms  {len(times) / trials:.1f}")


def _timed(function: Callable[..., Any], took: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        began = time.perf_counter()
        found = function(*arguments)
        took.append(time.perf_counter() - began)
        return found

    return timed


if __name__ == "__main__":
    words = sys.argv[1:]
    main(*(int(word) for word in words[:3]), *words[3:])
