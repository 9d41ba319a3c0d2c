"""``hil passport`` in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run
from hil.store import Database
from tests.hil.report.conftest import database
from tests.hil.report.passport.laboratory import measure, session, week

__all__ = ["database"]


def test_the_question_is_answered(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session(database, week(0), [1.0])
    for number in range(8):
        measure(database, week(number), (1.0 if number < 4 else 0.7) + 0.01 * (number % 2))
    where = ["--db", database.url]
    page = tmp_path / "passport.html"
    since = week(4).date().isoformat()
    assert run(["passport", "scope", "--since", since, "-o", str(page), *where]) == 0
    told = capsys.readouterr().out
    assert "answer    worse: information." in told
    assert "4 + 4" in told
    assert page.is_file()


WRONG = [
    (["scoop"], "RIG: scoop: not in this database, did you mean"),
    (["scope", "--since", "spring"], "--since: spring: allowed: a day"),
    (["scope", "-o", "a.gif"], "ends in"),
]


def test_bad_input_is_told(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    session(database, week(0), [1.0])
    for words, said in WRONG:
        assert run(["passport", *words, "--db", database.url]) == 2
        assert said in capsys.readouterr().err
