"""Commands to a running session: what they say where there is none, and where it is."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

import hil.cli.control as control
from hil.cli.main import run
from hil.errors import StoreError


@pytest.mark.parametrize("command", ["pause", "continue", "stop"])
def test_a_session_that_does_not_run_is_asked_nothing(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command]) == 2
    assert "no database there" in capsys.readouterr().err
    assert run(["run", "session.toml", "--trials", "1"]) == 0
    assert run([command]) == 2
    assert "the session does not run, it is COMPLETE" in capsys.readouterr().err
    assert run([command, "zz"]) == 2


def test_a_database_that_hangs_is_not_waited_for() -> None:
    go = threading.Event()
    began = time.monotonic()
    with pytest.raises(StoreError, match="does not answer"):
        control._within(0.2, lambda: go.wait(60))
    assert time.monotonic() - began < 30
    go.set()
    assert control._within(30, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        control._within(30, lambda: 1 // 0)
