"""Signals, heard as a wish to stop in good order."""

from __future__ import annotations

import signal
import sys

import pytest

from hil.supervision.stop import StopSwitch, stop_on_signals
from tests.hil.session_bench import Bench, n_complete, start, wait_for
from tests.hil.small_session import RIG, SESSION


def test_a_terminated_session_ends_in_good_order(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 500"))
    process = start(bench, "run", "session.toml")
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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends a process no SIGTERM")
def test_a_signal_presses_and_afterwards_is_heard_as_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = StopSwitch()
    with stop_on_signals(stop.press):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert stop.reason == "terminated", "the first reason stays"
    assert signal.getsignal(signal.SIGTERM) is before
