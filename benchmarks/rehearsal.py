"""Whether a rehearsal foretells the demo: time, frames, light and disk, each within 10 %.

    python benchmarks/rehearsal.py [--simulated-clock] [--processor-time] [number of trials]

The demo's session is rehearsed, and then really run on its rig with motions and exposures that take
their time. Other work on the computer changes both times, and not alike: run it alone. With
``--simulated-clock`` the real run counts its motions and exposures on a clock of its own, and the
time of the devices alone is compared. With ``--processor-time`` what this process computed in the
rehearsal and in the real run counts for the time beside the devices, whatever else runs.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import hil
from hil.demo import demo_files
from hil.replay.rehearsal.rehearse import Rehearsal, rehearse
from hil.session.run import with_trials
from hil.spec import RigSpec, SessionFile
from hil.spec.load import parse


def in_real_time(file: SessionFile) -> SessionFile:
    text = re.sub(r"(?m)^seed = ", "realtime = true\nseed = ", file.rig.text, count=1)
    rig = replace(file.rig, spec=parse(RigSpec, text, file.rig.path), text=text)
    return replace(file, rig=rig)


def rehearsed(file: SessionFile) -> tuple[Rehearsal, float]:
    """Rehearse; beside it what the session in it took of the processor, seconds."""
    took_s = []

    def timed(*arguments: Any, **more: Any) -> Any:
        began_s = time.process_time()
        result = hil.run_session(*arguments, **more)
        took_s.append(time.process_time() - began_s)
        return result

    with patch("hil.replay.rehearsal.rehearse.run_session", timed):
        told = rehearse(file)
    assert told is not None
    return told, sum(took_s)


def main(trials: int, real_time: bool, computed: bool = False) -> bool:
    file = with_trials(demo_files(), trials)
    file = in_real_time(file) if real_time else file
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{(Path(folder) / 'warm.db').as_posix()}"
        hil.run_session(with_trials(demo_files(), 10), url)  # what is loaded once is loaded
    told, foretold_s = rehearsed(file)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{(Path(folder) / 'hil.db').as_posix()}"
        began, cpu_s = time.perf_counter(), time.process_time()
        result = hil.run_session(file, url)
        wall_s, real_s = time.perf_counter() - began, time.process_time() - cpu_s
        with hil.open_database(url) as database:
            table, rows = database.trials("last"), database.rows("last")
        stored = sum(one.stat().st_size for one in Path(folder).rglob("*") if one.is_file())
    devices_s = float(table["device_s"].sum())
    dose_mj = sum(row.measured.dose_mj for row in rows if row.measured is not None)
    times = ("time, s", told.total_s, wall_s)
    if computed:
        times = ("computed and devices, s", told.devices_s + foretold_s, devices_s + real_s)
    pairs = [
        times,
        ("of it the devices, s", told.devices_s, devices_s),
        ("frames", told.frames, float(table["n_frames"].sum())),
        ("light, mJ", told.dose_mj, dose_mj),
        ("disk, MB", told.disk_bytes / 1e6, stored / 1e6),
        ("winner", told.best, result.best.objective if result.best else float("nan")),
    ]
    print(f"the real run ended as {result.state}: {result.reason}")
    print(f"{'':23s} {'foretold':>9s} {'real':>9s} {'off by':>7s}")
    for name, before, after in pairs:
        print(f"{name:23s} {before:9.4g} {after:9.4g} {before / after - 1:7.1%}")
    counted = pairs[not (real_time or computed) : 5]
    good = all(abs(before / after - 1) <= 0.1 for _, before, after in counted)
    print("all within 10 %" if good else "not all within 10 %")
    return good


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    real_time, computed = "--simulated-clock" not in sys.argv, "--processor-time" in sys.argv
    sys.exit(0 if main(int(words[0]) if words else 50, real_time, computed) else 1)
