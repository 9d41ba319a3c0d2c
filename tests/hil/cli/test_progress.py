"""What a person sees while a session runs."""

from __future__ import annotations

import io
import math
import time
from dataclasses import replace

import pytest
from rich.console import Console

from hil.cli.progress import TerminalView
from hil.records.session import Snapshot
from hil.records.trial import Best, TrialState
from hil.waits.waits import Waits

SNAPSHOT = Snapshot(
    number=7,
    state=TrialState.APPLIED,
    field=2,
    n_fields=8,
    n_ended=7,
    n_complete=6,
    trials=40,
    best=Best(3, 1.2345, 1.1, 1.3),
    seconds_per_trial=4.0,
    seconds_left=132.0,
    last_fault="trial 5: [Z] stage did not settle",
)


def show(snapshot: Snapshot, *, terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=100, color_system=None)
    with TerminalView(console, "[red]night[/red]", "bits_per_pixel") as view:
        view(snapshot)
    return stream.getvalue()


def test_the_live_view_says_what_one_wants_to_know() -> None:
    shown = show(SNAPSHOT, terminal=True)
    for words in (
        "[red]night[/red]",
        "7 of 40",
        "APPLIED  field 2 of 8",
        "1.234 (1.1 to 1.3), trial 3",
        "4.0 s a trial, 2 min left",
        "trial 5: [Z] stage did not settle",
    ):
        assert words in shown


def test_plain_lines_where_there_is_no_terminal() -> None:
    assert show(SNAPSHOT, terminal=False) == "", "nothing before a trial has ended"
    ended = replace(SNAPSHOT, state=TrialState.COMPLETE)
    lines = show(ended, terminal=False).splitlines()
    assert lines == [
        "7 of 40 trials, best 1.234 (1.1 to 1.3), trial 3, 2 min left;"
        " fault: trial 5: [Z] stage did not settle"
    ]


def test_before_the_first_trial() -> None:
    first = replace(SNAPSHOT, number=None, state=None, best=None, seconds_left=math.nan)
    assert "best" in show(first, terminal=True)


def test_a_log_says_once_why_a_session_waits() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=False, width=100)
    waits = replace(SNAPSHOT, state=None, note="PAUSED: oil; goes on by hil continue")
    with TerminalView(console, "night", "bits_per_pixel") as view:
        for snapshot in (waits, waits, replace(SNAPSHOT, state=None), waits):
            view(snapshot)
    assert stream.getvalue().splitlines() == [waits.note, waits.note]


@pytest.mark.parametrize("terminal", [False, True])
def test_what_is_waited_for_is_a_line(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.waits.waits._LOOK_S", 0.01)
    waits, stream = Waits(), io.StringIO()
    monkeypatch.setattr("hil.cli.progress.WAITS", waits)
    console = Console(file=stream, force_terminal=terminal, width=100, color_system=None)
    with (
        TerminalView(console, "night", "bits_per_pixel"),
        waits.waiting("the database", after_s=0.0) as wait,
    ):
        wait.why = "disk full"
        deadline = time.monotonic() + 10
        while "waiting for the database" not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert "waiting for the database" in stream.getvalue()
