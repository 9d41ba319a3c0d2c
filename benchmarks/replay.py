"""Replays from frames: the same numbers, how fast, and how much memory.

    python benchmarks/replay.py [--quick] [equal] [speed]

``equal``: a session of each estimator on the simulated microscope, and of each simulated rig's
example, is recorded and replayed; printed is by how much any estimate or end of an interval moved,
to reach at most 1e-9. ``speed``: a session of 200 trials at 20 ms exposure, four fields of view,
recorded on a simulated microscope whose motions and exposures take their time; printed is how much
faster its replay is, to reach 20 times, what computes meanwhile, and the largest memory at 50 and
at 200 trials, that of the processes that estimate ahead beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

import hil
from hil.information.registry import estimator_names
from hil.replay.comparison import compare
from hil.replay.from_frames import replay_frames

EXAMPLES = Path(__file__).parents[1] / "examples"
RIGS = ("hyperspectral", "ledarray", "lensless", "microscope", "satellite", "tomography")
RIG = """
name = "replay benchmark"
camera = "camera"
[[driver]]
kind = "sim.microscope"
seed = 1
height_px = {size}
width_px = {size}
scene_um = 60
realtime = {realtime}
[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6
[setup]
"light.power_mw" = 1.0
"camera.exposure_ms" = 20.0
[[park]]
set = {{ "light.power_mw" = 0 }}
"""
SESSION = """
name = "replay benchmark"
rig = "rig.toml"
trials = {trials}
seed = 4
search = [{{ setting = "mirror.z5_nm", low = -100, high = 100 }}]
sampler = {{ kind = "random" }}
finish = {{ remeasure = 0 }}
estimator = {{ {estimator} }}
[measure]
grid = {{ columns = 2, rows = 2, step_um = 10 }}
repeats = {repeats}
"""


def write(folder: Path, rig: str, session: str) -> Path:
    (folder / "rig.toml").write_text(rig, encoding="utf-8")
    (folder / "session.toml").write_text(session, encoding="utf-8")
    return folder / "session.toml"


def moved(session: Path, trials: int) -> float:
    """Record, replay, and give the largest change of any number."""
    url = f"sqlite:///{(session.parent / 'hil.db').as_posix()}"
    recorded = hil.run_session(session, url, trials=trials)
    again = replay_frames(recorded.session_id, url)
    with hil.open_database(url) as database:
        found = compare(database, recorded.session_id, again.session_id)
    return max(max(pair.moved_bits, abs(pair.after - pair.before)) for pair in found.pairs)


def equal(quick: bool) -> bool:
    good = True
    for name in estimator_names():
        if quick and "pixelcnn" in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            told = f'kind = "{name}", patch_size = 4'
            rig = RIG.format(size=24, realtime="false")
            text = SESSION.format(trials=3, estimator=told, repeats=2)
            good &= say(f"estimator {name}", moved(write(Path(folder), rig, text), 3))
    for name in RIGS:
        with tempfile.TemporaryDirectory() as folder:
            rig, session = (
                (EXAMPLES / name / f"{part}.toml").read_text(encoding="utf-8")
                for part in ("rig", "session")
            )
            session = session.replace('keep_frames = "first"', 'keep_frames = "all"')
            n = 2 if quick else 6
            good &= say(f"rig {name}", moved(write(Path(folder), rig, session), n))
    return good


def say(what: str, largest: float) -> bool:
    print(f"{what:26s} moved by at most {largest:.2g} bits per pixel; to reach 1e-9", flush=True)
    return largest <= 1e-9


@contextlib.contextmanager
def largest_memory_mb() -> Iterator[list[float]]:
    """Watch the memory of this process, and of its children, every 50 ms."""
    done, found = threading.Event(), [0.0, 0.0]
    process = psutil.Process()

    def watch() -> None:
        while not done.wait(0.05):
            found[0] = max(found[0], process.memory_info().rss / 1e6)
            children = 0.0
            for child in process.children():
                with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                    children += child.memory_info().rss / 1e6
            found[1] = max(found[1], children)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def processor_s() -> tuple[float, float]:
    """Time that this process and its ended children have computed."""
    times = psutil.Process().cpu_times()
    return times.user + times.system, times.children_user + times.children_system


def speed(quick: bool) -> bool:
    trials = 50 if quick else 200
    with tempfile.TemporaryDirectory() as folder:
        rig = RIG.format(size=64, realtime="true")
        text = SESSION.format(trials=trials, estimator='kind = "stationary"', repeats=2)
        session = write(Path(folder), rig, text)
        url = f"sqlite:///{(Path(folder) / 'hil.db').as_posix()}"
        began = time.perf_counter()
        few = hil.run_session(session, url, trials=trials // 4)
        many = hil.run_session(session, url)
        recorded_s = (time.perf_counter() - began) * trials / (trials + trials // 4)
        with hil.open_database(url) as database:
            devices_s = float(database.trials(many.session_id)["device_s"].sum())
        replay_frames(few.session_id, url)  # what is loaded once is loaded
        with largest_memory_mb() as first:
            replay_frames(few.session_id, url)
        with largest_memory_mb() as second:
            began, own_s, others_s = time.perf_counter(), *processor_s()
            replay_frames(many.session_id, url)
            replayed_s = time.perf_counter() - began
            own_s, others_s = (
                now - old for now, old in zip(processor_s(), (own_s, others_s), strict=True)
            )
    bound = (own_s + others_s) / max(os.cpu_count() or 1, 1)
    print(
        f"speed      {trials} trials: recorded in {recorded_s:.1f} s (devices {devices_s:.1f} s),"
        f" replayed in {replayed_s:.1f} s: {recorded_s / replayed_s:.1f} times faster; to reach 20"
    )
    print(
        f"           {1e3 * replayed_s / trials:.0f} ms a trial; processors' time:"
        f" {1e3 * own_s / trials:.0f} ms a trial of the session itself,"
        f" {1e3 * others_s / trials:.0f} of the processes that estimate ahead:"
        f" at best {recorded_s / bound:.1f} times faster on {os.cpu_count()} cores"
    )
    print(
        f"memory     at most {first[0]:.0f} MB in {trials // 4} trials, {second[0]:.0f} MB in"
        f" {trials}; to reach: the same; other processes {second[1]:.0f} MB"
    )
    return recorded_s >= 20 * replayed_s and second[0] < 1.1 * first[0] + 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", choices=["equal", "speed", []])
    parser.add_argument("--quick", action="store_true", help="fewer trials, no networks")
    wanted = parser.parse_args()
    what = wanted.what or ["equal", "speed"]
    good = [{"equal": equal, "speed": speed}[one](wanted.quick) for one in what]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
