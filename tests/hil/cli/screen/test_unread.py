"""Who does not read what a session says keeps it from nothing: Ctrl-S, a full pipe, one closed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from hil.calibration.calibrate import CalibrationProgress
from hil.cli.calibrate import _progress
from hil.cli.main import run
from hil.cli.progress import TerminalView
from hil.cli.screen import unread
from hil.cli.screen.terminal import SafeConsole
from hil.records.trial import TrialState
from hil.rig.device_thread import abandoned
from tests.hil.cli.test_progress import SNAPSHOT
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

ROOT = Path(__file__).parents[4]


class Stopped(io.StringIO):
    """A terminal at which somebody has pressed Ctrl-S, until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()

    def write(self, text: str) -> int:
        assert self.goes_on.wait(60)
        return super().write(text)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_that_is_stopped_holds_up_nothing(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "_PATIENCE_S", 0.1)
    stream, before = Stopped(), abandoned()
    console = SafeConsole(stream, force_terminal=terminal, width=100)
    with TerminalView(console, "night", "bits_per_pixel") as view:
        for number in range(1000):
            fault = f"trial {number}: a fault"
            view(replace(SNAPSHOT, state=TrialState.FAILED, n_ended=number, last_fault=fault))
    (thread,) = abandoned() - before  # the program's end waits for it no longer
    stream.goes_on.set()
    thread.join(20)
    assert "trial 999: a fault" in stream.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_calibration_is_not_held_up_either(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "_PATIENCE_S", 0.1)
    stream, before = Stopped(), abandoned()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", stream)
    with _progress() as show:
        for number in range(1, 300):
            show(CalibrationProgress(number, 300, f"level {number}"))
    (thread,) = abandoned() - before
    stream.goes_on.set()
    thread.join(20)
    assert "level 299" in stream.getvalue()


def test_what_is_said_at_the_end_waits_for_nobody_who_does_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unread, "_LINE_S", 0.1)
    stream, before = Stopped(), abandoned()
    monkeypatch.setattr("sys.stdout", stream)
    with unread.whoever_reads():
        print("state     COMPLETE")
        print("best      \x1b[2J trial 3")
    (thread,) = abandoned() - before
    stream.goes_on.set()
    thread.join(20)
    assert stream.getvalue() == "state     COMPLETE\nbest      \\x1b[2J trial 3\n"


class Slow(io.StringIO):
    """Somebody who reads, line by line, slower than all lines may take together."""

    def write(self, text: str) -> int:
        threading.Event().wait(0.03)
        return super().write(text)


def test_who_reads_slowly_is_told_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "_LINE_S", 0.25)
    stream = Slow()
    unread.say("line\n" * 20, stream)
    assert stream.getvalue() == "line\n" * 20


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("terminal", [True, False])
def test_who_has_gone_ends_nothing(terminal: bool) -> None:
    console = SafeConsole(Gone(), force_terminal=terminal, width=100)
    with TerminalView(console, "night", "bits_per_pixel") as view:
        view(replace(SNAPSHOT, state=TrialState.COMPLETE))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of another kind")
def test_a_session_whose_output_nobody_reads_ends_as_it_would(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.write(RIG, SESSION)
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "hil.cli",
            "run",
            "session.toml",
            "--trials",
            "2",
            "--db",
            bench.url,
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=writes,
        stderr=writes,
        check=False,
    )
    os.close(writes)
    assert done.returncode == 0
    assert bench.states() == ["COMPLETE", "COMPLETE"]
    assert run(["show", "last", "--db", bench.url]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="the shell's way to close them")
def test_a_process_without_streams_says_by_its_status_what_is_wrong(tmp_path: Path) -> None:
    done = subprocess.run(
        f'"{sys.executable}" -m hil.cli sessions --db sqlite:///none.db <&- >&- 2>&-',
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 2
