"""`hil design` as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run
from tests.hil.design.test_run import RIG, SESSION, written


def test_what_it_refuses_is_one_line_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, RIG, SESSION)
    assert run(["design", "session.toml", "--measured", "0"]) == 2
    error = capsys.readouterr().err
    assert error.splitlines() == ["error: hil design: --measured: 0; allowed: 1 or more"]
    assert not list(tmp_path.glob("*.db"))
