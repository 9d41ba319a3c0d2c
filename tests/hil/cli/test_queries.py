"""What the commands that read the database say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from hil.cli.main import run
from hil.store import open_database


def test_an_export_opens_as_an_optuna_study(folder: Path) -> None:
    import optuna

    assert run(["run", "session.toml"]) == 0
    assert run(["export", "last", "--optuna", "sqlite:///study.db"]) == 0
    (name,) = optuna.get_all_study_names("sqlite:///study.db")
    study = optuna.load_study(study_name=name, storage="sqlite:///study.db")
    assert len(study.trials) == 4
    assert study.trials[0].params == {"mirror.z5_nm": 0.0, "focus.z_um": 0.0}
    assert run(["export", "last", "--optuna", "sqlite:///study.db"]) == 2


def test_a_damaged_frame_file_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "session.toml", "--trials", "2"]) == 0
    chunk = next((folder / "hil-frames").glob("*/000001/0/c*"))
    chunk.write_bytes(chunk.read_bytes()[:-7] + b"\x00" * 7)
    assert run(["db", "verify"]) == 1
    assert "1 problems" in capsys.readouterr().out


def test_a_lower_bound_that_was_asked_for_has_a_column(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = (folder / "session.toml").read_text(encoding="utf-8")
    assert run(["run", "session.toml", "--trials", "2"]) == 0
    capsys.readouterr()
    assert run(["trials"]) == 0
    assert "lower_bits" not in capsys.readouterr().out
    asked = plain.replace("[estimator]\n", "[estimator]\npatch_size = 8\nlower_bound = true\n")
    (folder / "session.toml").write_text(asked, encoding="utf-8")
    assert run(["run", "session.toml", "--trials", "2"]) == 0
    capsys.readouterr()
    assert run(["trials", "last"]) == 0
    head, first = capsys.readouterr().out.splitlines()[:2]
    assert "lower_bits" in head.split()
    lower = float(first.split()[head.split().index("lower_bits")])
    objective = float(first.split()[head.split().index("objective")])
    assert 0 < lower < objective


def test_a_measurement_says_what_there_is_at_least(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["measure", "rig.toml", "-n", "3"]
    assert run([*told, "--session", "session.toml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = (line for line in lines if line.startswith("lower bound"))
    assert "by repeats (95%)" in line
    assert float(line.split()[2]) > 0
    assert run(told) == 0
    assert "lower bound    none: fewer than 4 fields of view" in capsys.readouterr().out


def test_trials_are_written_part_by_part(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.store.asking.parts.ROWS", 2)
    assert run(["run", "session.toml"]) == 0
    assert run(["trials", "last", "--format", "csv", "-o", "trials.csv"]) == 0
    assert run(["trials", "last", "-o", "trials.parquet"]) == 0
    capsys.readouterr()
    assert run(["trials", "last", "--format", "csv"]) == 0
    assert capsys.readouterr().out == (folder / "trials.csv").read_text(encoding="utf-8")
    for table in (pd.read_csv("trials.csv"), pd.read_parquet("trials.parquet")):
        assert list(table["number"]) == [0, 1, 2, 3], "one head, every row"
        assert table["mirror.z5_nm"].notna().all()
    assert run(["trials", "last", "--where", "nothing = 1", "-o", "none.csv"]) == 2
    assert run(["trials", "last", "--where", "nothing = 1", "-o", "none.parquet"]) == 2
    assert not list(folder.glob("none.*"))


def test_a_row_is_a_line_whatever_somebody_wrote(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", "session.toml", "--trials", "1"]) == 0
    assert run(["note", "last", "two\nlines", "--trial", "0"]) == 0
    with open_database() as database:
        database.event("last", "paused", datetime.now(UTC), {"why": "two\nlines"})
    capsys.readouterr()
    assert run(["events", "last"]) == 0
    assert "why=two lines" in capsys.readouterr().out
    assert run(["trials", "last"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
