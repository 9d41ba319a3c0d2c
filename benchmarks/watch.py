"""What a live page costs the session beside it.

    python benchmarks/watch.py [trials] [rounds]

One and the same small session runs without a page and beside ``hil watch`` with a browser's
requests: the stream, the page at every change, its figures. Printed are the time of a trial (from
one end to the next) of each round, their ratio, and the share of one core that the page took. The
time is one that a quarter of the trials come below: the median is that of other work, if any.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil

from hil.store import open_database

QUANTILE = 0.25

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


def main(trials: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rig.toml").write_text(RIG, encoding="utf-8")
        (folder / "session.toml").write_text(SESSION, encoding="utf-8")
        url = f"sqlite:///{folder / 'hil.db'}"
        open_database(url, create=True).close()
        alone, beside, shares = [], [], []
        for number in range(rounds):
            if number % 2 == 0:  # other work comes and goes: neither is always the first
                alone.append(_run(folder, url, trials))
            took, share = _beside(folder, url, trials)
            if number % 2 == 1:
                alone.append(_run(folder, url, trials))
            beside.append(took)
            shares.append(share)
            print(
                f"round {number + 1}: {1e3 * alone[-1][0]:.0f} ms a trial alone,"
                f" {1e3 * took[0]:.0f} ms beside the page, at {100 * share:.1f} % of a core;"
                f" the session's processor time {alone[-1][1]:.2f} s alone, {took[1]:.2f} s beside",
                flush=True,
            )
        for place, what in enumerate(("a trial", "processor time of the session")):
            ratio = statistics.median(
                b[place] / a[place] for a, b in zip(alone, beside, strict=True)
            )
            print(f"median of the rounds: {100 * (ratio - 1):+.1f} % {what}")
        print(f"the page: {100 * statistics.median(shares):.1f} % of a core")


def _run(folder: Path, url: str, trials: int) -> tuple[float, float]:
    command = [sys.executable, "-m", "hil.cli", "run", "session.toml", "--db", url]
    before = os.times()
    subprocess.run(
        [*command, "--trials", str(trials)],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = os.times()
    cpu_s = after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    with open_database(url) as database:
        ends = database.trials("last", sort="number")["finished_at"]
    return float(ends.diff().dt.total_seconds().quantile(QUANTILE)), cpu_s


def _beside(folder: Path, url: str, trials: int) -> tuple[tuple[float, float], float]:
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
