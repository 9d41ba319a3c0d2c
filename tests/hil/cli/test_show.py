"""A session as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run


def test_it_shows_what_happened_and_what_it_ran_with(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", "session.toml", "--trials", "1"]) == 0
    assert "info      2 more events: hil events" in capsys.readouterr().out
    assert run(["show"]) == 0
    said = capsys.readouterr().out
    for word in ("1 complete of 1", "began     ", "program   hil-imaging ", "numpy ", "session 4"):
        assert word in said
    assert "driver.0 1" in said, "the simulator's seed"
    assert run(["events", "--severity", "warning", "--format", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert run(["events", "--severity", "info", "--format", "csv"]) == 0
    assert "setup,info," in capsys.readouterr().out
    assert run(["events", "--severity", "awful"]) == 2
