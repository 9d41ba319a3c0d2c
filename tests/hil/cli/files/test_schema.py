"""``hil schema`` prints and writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hil.cli.main import run
from hil.spec.schema import json_schema


def test_a_schema_is_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schema", "rig"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema("rig")
    path = tmp_path / "s.json"
    assert run(["schema", "session", "-o", str(path)]) == 0
    assert json.loads(path.read_text(encoding="utf-8")) == json_schema("session")
    assert "#:schema s.json" in capsys.readouterr().out


def test_mistakes_are_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["rigs"], ["rig", "-o", str(tmp_path / "none" / "s.json")]):
        assert run(["schema", *arguments]) == 2
        assert capsys.readouterr().err.count("\n") == 1
