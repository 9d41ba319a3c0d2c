"""Signals, heard as a wish to stop in good order."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from hil.supervision.stop import StopSwitch, stop_on_signals
from tests.hil.plain_scope import PLAIN_RIG
from tests.hil.planted_rig import plant
from tests.hil.session_bench import Bench, n_complete, start, wait_for
from tests.hil.small_session import SESSION


def test_a_terminated_session_ends_in_good_order(bench: Bench) -> None:
    bench.write(PLAIN_RIG, SESSION.replace("trials = 6", "trials = 500"))
    process = start(bench, "run", "session.toml", environ=plant(bench.folder))
    wait_for(lambda: n_complete(bench) >= 2)
    if sys.platform == "win32":
        bench.database().request_stop("last", "the test's end")
    else:
        process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 130
    with bench.database() as database:
        record = database.session("last")
    assert record.state == "STOPPED"
    assert bench.events()[-1] == "park"
    assert set(bench.states()) <= {"COMPLETE", "ABORTED"}


NOHUP = """
import signal
import sys

signal.signal(signal.SIGHUP, signal.SIG_IGN)
from hil.cli.main import main

main(["run", "session.toml", "--db", sys.argv[1]])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_under_nohup_a_closed_terminal_stops_nothing(bench: Bench) -> None:
    bench.write(PLAIN_RIG, SESSION.replace("trials = 6", "trials = 500"))
    (bench.folder / "nohup.py").write_text(NOHUP, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "nohup.py", bench.url],
        cwd=bench.folder,
        env=plant(bench.folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: n_complete(bench) >= 1)
    process.send_signal(signal.SIGHUP)
    before = n_complete(bench)
    wait_for(lambda: n_complete(bench) >= before + 3)
    process.terminate()
    assert process.wait(timeout=60) == 130
    assert bench.events()[-1] == "park"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_a_closed_terminal_that_is_ignored_stays_so_and_ctrl_c_is_heard() -> None:
    before = [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGHUP, signal.SIGINT)]
    try:
        stop = StopSwitch()
        with stop_on_signals(stop.press):
            signal.raise_signal(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert not stop.reason
            signal.raise_signal(signal.SIGINT)
        assert stop.reason == "Ctrl-C"
    finally:
        signal.signal(signal.SIGHUP, before[0])
        signal.signal(signal.SIGINT, before[1])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends a process no SIGTERM")
def test_a_signal_presses_and_afterwards_is_heard_as_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = StopSwitch()
    with stop_on_signals(stop.press):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert stop.reason == "terminated", "the first reason stays"
    assert signal.getsignal(signal.SIGTERM) is before
