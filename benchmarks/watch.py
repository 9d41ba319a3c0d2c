"""What a live page costs the session beside it.

    python benchmarks/watch.py [trials] [rounds]

One and the same small session runs without a page and beside ``hil watch`` with a browser's
requests: the stream, the page at every change, its figures. Which of the two is first alternates,
and both measure the same settings: a trial of the one is compared with the same trial of the other.
Printed are the median of the ratios with its 95 % interval, by order statistics, of a trial's time
(from one end to the next) and of the processor time that the session's process spends on it, which
other work on the machine hardly changes; and the share of one core that the page took.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psutil
from scipy.stats import binom

from hil.store import open_database

RIG = """\
name = "scope"
camera = "camera"

[[driver]]
kind = "sim.microscope"
seed = 1
height_px = 128
width_px = 128

[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6

[setup]
"light.power_mw" = 1.0

[[park]]
set = { "light.power_mw" = 0 }
"""

SESSION = """\
name = "beside a page"
rig = "rig.toml"
trials = 40
seed = 4

[[search]]
setting = "mirror.z5_nm"
low = -100
high = 100

[[search]]
setting = "focus.z_um"
low = -1
high = 1

[measure]
grid = { columns = 2, rows = 2, step_um = 10 }
repeats = 2

[sampler]
kind = "random"
"""


# Says of each trial when it ended, and how much processor time the process had spent by then.
PROGRAM = """\
import sys, time
from pathlib import Path
import hil

def seen(snapshot):
    if snapshot.state is not None and snapshot.state.ended:
        print(time.perf_counter(), time.process_time(), flush=True)

hil.run_session(Path("session.toml"), database=sys.argv[1], trials=int(sys.argv[2]), observer=seen)
"""
WHAT = ("time of a trial", "processor time of a trial")


def main(trials: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rig.toml").write_text(RIG, encoding="utf-8")
        (folder / "session.toml").write_text(SESSION, encoding="utf-8")
        url = f"sqlite:///{folder / 'hil.db'}"
        open_database(url, create=True).close()
        ratios: tuple[list[float], list[float]] = [], []
        shares = []
        for number in range(rounds):
            if number % 2 == 0:  # other work comes and goes: neither is always the first
                alone = _run(folder, url, trials)
            beside, share = _beside(folder, url, trials)
            if number % 2 == 1:
                alone = _run(folder, url, trials)
            shares.append(share)
            said = []
            for place, what in enumerate(WHAT):
                ratios[place].extend(
                    b[place] / a[place] for a, b in zip(alone, beside, strict=True)
                )
                ms = [1e3 * statistics.median(one[place] for one in run) for run in (alone, beside)]
                said.append(f"{what} {ms[0]:.0f} ms alone, {ms[1]:.0f} ms beside")
            print(f"round {number + 1}: {'; '.join(said)}; load {_load()}", flush=True)
        for place, what in enumerate(WHAT):
            print(f"beside the page: {what} {_interval(ratios[place])}")
        print(f"the page: {100 * statistics.median(shares):.1f} % of a core")


def _interval(ratios: list[float]) -> str:
    """Write the median and the order statistics between which it lies 95 times in 100."""
    ordered = sorted(ratios)
    low = int(binom.ppf(0.025, len(ordered), 0.5))
    ends = ordered[max(low - 1, 0)], ordered[min(len(ordered) - low, len(ordered) - 1)]
    middle, *said = (f"{100 * (one - 1):+.1f}" for one in (statistics.median(ordered), *ends))
    return f"{middle} % ({said[0]} to {said[1]}, {len(ordered)} pairs of trials)"


def _load() -> str:
    """Say how busy the machine was."""
    return f"{psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores"


def _run(folder: Path, url: str, trials: int) -> list[tuple[float, float]]:
    """Give the seconds and the processor's seconds of each trial but the first."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, url, str(trials)],
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    ends = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
    return [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ends)]


def _beside(folder: Path, url: str, trials: int) -> tuple[list[tuple[float, float]], float]:
    command = [sys.executable, "-m", "hil.cli", "watch", "--port", "0", "--db", url]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as page:
        assert page.stdout is not None
        address = page.stdout.readline().split()[1].partition("?")[0].rstrip("/")
        process, over = psutil.Process(page.pid), threading.Event()
        reader = threading.Thread(target=_read, args=(address, over), daemon=True)
        reader.start()
        before, began = sum(process.cpu_times()[:2]), time.perf_counter()
        took = _run(folder, url, trials)
        share = (sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - began)
        over.set()
        page.terminate()
    return took, share


def _read(address: str, over: threading.Event) -> None:
    """Ask what a browser asks."""
    path, seen = f"{address}/session/last", set()
    while not over.is_set():
        with suppress(OSError), urllib.request.urlopen(f"{path}/events", timeout=60) as stream:
            for line in stream:
                if over.is_set():
                    return
                if not line.startswith(b"data:"):
                    continue
                with urllib.request.urlopen(path, timeout=60) as answer:
                    text = answer.read().decode()
                for source in re.findall(r'src="(/session/[^"]+)"', text):
                    if source not in seen:
                        seen.add(source)
                        wanted = address + source.replace("&amp;", "&")
                        with suppress(OSError), urllib.request.urlopen(wanted, timeout=60) as one:
                            one.read()
        time.sleep(0.5)


if __name__ == "__main__":
    main(*(int(one) for one in (sys.argv[1:] + ["40", "3"][len(sys.argv) - 1 :])))
