"""Sessions from the command line, from run to query."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from hil.cli.main import run
from tests.hil.small_session import RIG


def test_a_session_from_run_to_query(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "session.toml", "--tag", "night", "--note", "a note"]) == 0
    said = capsys.readouterr()
    assert "4 complete of 4" in said.out
    assert "[bold]cli[/bold]" in said.out, "names are text and never markup"
    assert "4 of 4 trials" in said.err

    assert run(["sessions", "--where", "tags = night"]) == 0
    assert "[bold]cli[/bold]" in capsys.readouterr().out
    assert run(["trials", "last", "--sort", "-objective", "--limit", "2", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 2
    assert rows[0]["objective"] >= rows[1]["objective"]
    assert run(["trials", "last", "--where", "mirror.z5_nm = 0", "--format", "csv"]) == 0
    assert capsys.readouterr().out.count("\n") == 2
    assert run(["trials", "-o", "all.parquet"]) == 0
    assert len(pd.read_parquet(folder / "all.parquet")) == 4
    assert run(["tag", "last", "good", "--trial", "1"]) == 0
    assert run(["note", "last", "look again", "--trial", "1"]) == 0
    assert run(["trials", "--where", "tags = good", "--format", "json"]) == 0
    assert [row["number"] for row in json.loads(capsys.readouterr().out)] == [1]
    assert run(["events", "last", "--format", "json"]) == 0
    assert [row["kind"] for row in json.loads(capsys.readouterr().out)] == ["setup", "park"]
    assert run(["db", "verify"]) == 0
    assert run(["db", "migrate"]) == 0
    assert "up to date" in capsys.readouterr().out
    assert run(["export", "last", "--parquet", "tables"]) == 0
    assert len(pd.read_parquet(folder / "tables" / "trials.parquet")) == 4
    assert run(["trials", "--where", "mirror.z6_nm > 0"]) == 2
    assert "'mirror.z5_nm'" in capsys.readouterr().err
    assert run(["apply", "last", "--best"]) == 0
    assert "mirror.z5_nm = " in capsys.readouterr().out
    assert run(["park", "rig.toml"]) == 0
    assert capsys.readouterr().out == "parked\n"
    assert run(["events", "--format", "json"]) == 0
    assert {row["kind"] for row in json.loads(capsys.readouterr().out)} == {"setup", "park", "move"}


def test_a_failed_session_exits_with_1(folder: Path) -> None:
    (folder / "rig.toml").write_text(
        RIG + '\n[[interlock]]\nsetting = "focus.z_um"\nlow = 5\n', encoding="utf-8"
    )
    assert run(["run", "session.toml"]) == 1
