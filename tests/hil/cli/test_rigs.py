"""Commands at the rig refuse before they touch anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run


def test_a_rig_file_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "scope.cfg").write_text("", encoding="utf-8")
    before = (folder / "rig.toml").read_text(encoding="utf-8")
    assert run(["rig", "init", "scope.cfg"]) == 2
    assert "--force overwrites it" in capsys.readouterr().err
    assert (folder / "rig.toml").read_text(encoding="utf-8") == before


def test_best_and_a_trial_are_too_much(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["apply", "last", "--best", "--trial", "1"]) == 2
    assert "either --best or --trial N" in capsys.readouterr().err


def test_parking_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["park", "rig.toml"]) == 0
    assert capsys.readouterr().out == "parked\n"
