"""``hil db`` on the whole: what is printed, and mistakes as a line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hil.cli.main import run
from hil.store import Database, open_database
from hil.store.upkeep.merging import Merged


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("HIL_DATABASE", "HIL_FRAMES"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "away").mkdir()
    open_database("sqlite:///hil.db", create=True).close()
    open_database("sqlite:///away/hil.db", create=True).close()
    return tmp_path


def test_whole_databases(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "merge", "away/hil.db"]) == 0
    assert "sessions      0 new" in capsys.readouterr().out
    assert run(["db", "check"]) == 0
    assert "as it was" in capsys.readouterr().out
    assert run(["db", "vacuum"]) == 0
    assert "before" in capsys.readouterr().out
    assert run(["db", "stats"]) == 0
    assert "trial         0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("merged", "said"),
    [
        (Merged(n_known=2), "2 sessions were there already, nothing added"),
        (Merged(n_known=1, n_arrays=1), "1 session was there already\n"),
        (Merged(sessions=["a"], n_known=1), "1 session was there already\n"),
        (Merged(sessions=["a"]), ""),
    ],
)
def test_what_was_there_already_is_said(
    two: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    merged: Merged,
    said: str,
) -> None:
    monkeypatch.setattr(Database, "merge", lambda *_: merged)
    assert run(["db", "merge", "away/hil.db"]) == 0
    told = capsys.readouterr().out
    assert said in told
    assert ("already" in told) == bool(said)


def test_mistakes_are_a_line(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect("away/hil.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    for arguments, says in (
        (["merge", "away/hil.db"], "hil db migrate"),
        (["merge", "none.db"], "no database there"),
        (["merge", "hil.db"], "this very database"),
        (["merge", "sqlite:///hil.db"], "this very database"),
        (["merge", "mysql://x/y"], "--other-frames"),
        (["check", "--db", "sqlite:///none.db"], "no database there"),
    ):
        assert run(["db", *arguments]) == 2, arguments
        error = capsys.readouterr().err
        assert says in error, error
        assert error.count("\n") == 1


def test_a_database_that_is_not_there_is_made_of_another(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["db", "merge", "away/hil.db", "--db", "sqlite:///new.db"]) == 0
    assert run(["db", "check", "--db", "sqlite:///new.db"]) == 0
    assert run(["db", "merge", "none.db", "--db", "sqlite:///newer.db"]) == 2
    assert not (two / "newer.db").exists()
