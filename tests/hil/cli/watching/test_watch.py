"""``hil watch`` says what is wrong in a line, and serves nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

import pytest

from hil.cli.main import run
from hil.store import open_database


class Mistake(NamedTuple):
    arguments: list[str]
    says: str


@pytest.mark.parametrize(
    "case",
    [
        Mistake(["ffff"], "no session whose id begins so"),
        Mistake(["--port", "70000"], "--port"),
        Mistake(["--host", "0.0.0.0"], "--token"),
        Mistake(["--token", "short"], "16 or more"),
        Mistake(["--db", "sqlite:///none.db"], "no database there"),
    ],
    ids=lambda case: case.arguments[0],
)
def test_mistakes_are_a_line(
    case: Mistake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    open_database("sqlite:///hil.db", create=True).close()
    assert run(["watch", *case.arguments]) == 2
    told = capsys.readouterr()
    assert case.says in told.err
    assert told.err.count("\n") == 1
    assert not told.out


def test_an_older_schema_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    open_database("sqlite:///hil.db", create=True).close()
    with sqlite3.connect("hil.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    assert run(["watch", "--db", "sqlite:///hil.db"]) == 2
    assert "hil db migrate" in capsys.readouterr().err
