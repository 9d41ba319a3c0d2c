"""Commands to a running session: what they say where there is none, and where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run


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
