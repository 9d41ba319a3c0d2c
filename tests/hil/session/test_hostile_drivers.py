"""Whatever a driver does to the process, the night goes on as if it had not."""

from __future__ import annotations

import gc
import locale
import os
import signal
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import hil
from drivers.frame import Frame
from hil.rig import driver_kinds
from sim.parts.camera import SimulatedCamera
from tests.hil.session.hostile import DEEDS, PROGRAM, hostile
from tests.hil.session_bench import Bench, n_complete, wait_for
from tests.hil.small_session import RIG, SESSION

ROOT = Path(__file__).parents[3]
QUICK = SESSION.replace("trials = 6", "trials = 2")
# What ends the test's own process, or stays behind in it, is tried in a process of its own.
APART = {"talk", "close", "signals", "threads", "hooks", "alarm", "locks"}
# Tried all at once alone, and each by itself by `benchmarks/hostile_drivers.py`.
TOGETHER = {"descriptors", "redirect", "no streams", "chatter", "seeds", "trace", "environment"}
TOGETHER |= {"path", "affinity", "files", "size"}


def around() -> object:
    """What of the process is ours."""
    mask = os.umask(0o077)
    os.umask(mask)
    return (
        os.getcwd(),
        mask,
        locale.setlocale(locale.LC_ALL),
        [entry for entry in warnings.filters if entry[0] == "error"],
        np.geterr(),
        (sys.excepthook, threading.excepthook),
        (sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled()),
        [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)],
    )


@pytest.fixture
def kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Work in the bench's folder by names that are relative to it."""
    monkeypatch.setitem(driver_kinds.BUILT_IN, "hostile", "tests.hil.session.hostile:KIND")
    monkeypatch.chdir(bench.folder)
    before = around()
    yield bench
    assert around() == before


@pytest.mark.parametrize("deed", sorted(set(DEEDS) - APART - TOGETHER))
def test_a_session_ends_well_and_the_process_is_as_it_was(kept: Bench, deed: str) -> None:
    kept.write(hostile(deed), QUICK)
    result = hil.run_session("session.toml", "sqlite:///hil.db")
    assert (result.state, result.n_complete) == ("COMPLETE", 2)
    assert kept.events()[-1] == "park"
    with kept.database() as database:
        assert database.verify("last") == []
    for path in (kept.folder / "hil-frames").rglob("*"):
        assert path.stat().st_mode & (stat.S_IRUSR | stat.S_IWUSR), path


def begin(bench: Bench, *deeds: str, session: str = QUICK) -> subprocess.Popen[bytes]:
    bench.write(hostile(*deeds), session)
    (bench.folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "program.py", "run", "session.toml", "--db", "sqlite:///hil.db"],
        cwd=bench.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # of this module, which the program imports
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_all_at_once_a_session_ends_well_and_says_so(bench: Bench) -> None:
    process = begin(bench, *DEEDS)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    said = out.decode()
    assert "2 complete of 2" in said
    assert "xxx" not in said, "what a driver prints is no part of what others may read"
    assert bench.events()[-1] == "park"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="signals by the C library")
def test_ctrl_c_is_heard_though_a_library_has_taken_it(bench: Bench) -> None:
    process = begin(bench, "signals", session=QUICK.replace("trials = 2", "trials = 500"))
    wait_for(lambda: n_complete(bench) >= 2)
    for _ in range(20):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=1)
            break
        except subprocess.TimeoutExpired:
            continue
    assert process.returncode == 130, said
    assert bench.events()[-1] == "park"


class Wordless(Exception):
    """Raises when somebody asks what it says."""

    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize(
    "error", [Wordless(), OSError("\udcff\0\x1b[2J" * 100_000)], ids=["none", "many"]
)
def test_what_an_error_says_does_not_end_the_night(
    bench: Bench, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = SimulatedCamera.capture, iter(range(100))

    def capture(camera: SimulatedCamera, n: int, timeout_s: float) -> Iterator[Frame]:
        if next(calls) == 1:
            raise error
        return real(camera, n, timeout_s)

    monkeypatch.setattr(SimulatedCamera, "capture", capture)
    bench.write(RIG, QUICK)
    assert bench.run().state == "COMPLETE"
    with bench.database() as database:
        trials = database.trials("last", sort="number")
    assert list(trials["state"]) == ["FAILED", "COMPLETE"]
    assert "camera: capture: " in trials["reason"][0]
    assert len(trials["reason"][0]) < 3000
