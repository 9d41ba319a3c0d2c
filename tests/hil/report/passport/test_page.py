"""The passport as a page: valid, offline, escaped, and with an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from hil.report.passport.page import summary, write_passport
from hil.report.passport.series import passport
from hil.store import Database
from tests.hil.report.conftest import database
from tests.hil.report.passport.laboratory import measure, week
from tests.hil.report.test_page import HOSTILE, checked

__all__ = ["database"]


def test_the_answer_stands_on_the_page(database: Database, tmp_path: Path) -> None:
    for number in range(6):
        measure(database, week(number), 1 - 0.1 * number, rig=HOSTILE, **{HOSTILE: 1.0})
    judged = passport(database, HOSTILE)
    assert summary(judged) == "worse: information."
    write_passport(judged, HOSTILE, None, tmp_path / "a.html")
    text = checked(tmp_path / "a.html")
    assert "<script" not in text
    assert "worse: information." in text
    write_passport(judged, HOSTILE, week(3).date(), tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 1000
    with pytest.raises(InputError, match="ends in"):
        write_passport(judged, HOSTILE, None, tmp_path / "a.txt")


def test_what_is_not_known_is_said(database: Database, tmp_path: Path) -> None:
    write_passport([], "scope", None, tmp_path / "a.html")
    assert "Nothing is known" in checked(tmp_path / "a.html")
    measure(database, week(0), 1.0)
    assert summary(passport(database, "scope")) == "It cannot be told: needs 5 days."
