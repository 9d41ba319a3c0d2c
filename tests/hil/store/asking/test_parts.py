"""Trials part by part say the same as all at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hil.errors import InputError
from hil.store import Database
from hil.store.asking import parts


@pytest.fixture
def asked(db: Database, run: Any, session_id: str) -> Database:
    for number in range(7):
        run.complete(bits=float(number), **{"Z.position_um": float(number), "Filter.Label": "2"})
    run.failed("did not settle", **{"Z.position_um": 30.0, "Filter.Label": "DAPI"})
    db.tag(session_id, "night, cold", number=1)
    return db


def test_parts_are_the_rows_of_trials(
    asked: Database, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROWS", 3)
    for session in (session_id, None):
        for question in ({}, {"sort": "-objective"}, {"where": ["Z.position_um > 2"], "limit": 4}):
            tables = list(asked.trial_parts(session, **question))
            assert max(table.num_rows for table in tables) == 3, "no part is larger"
            assert all(table.schema == tables[0].schema for table in tables)
            rows = [row for table in tables for row in table.to_pylist()]
            whole = asked.trials(session, **question)
            assert list(whole.columns) == tables[0].column_names
            for row, (_, wanted) in zip(rows, whole.iterrows(), strict=True):
                assert row["number"] == wanted["number"]
                assert row["proposed_at"] == wanted["proposed_at"]
                assert (row["objective"] or 0) == (wanted["objective"] if row["objective"] else 0)
                assert json.loads(row["tags"]) == wanted["tags"]
                assert json.loads(row["settings"] or "null") == wanted["settings"]
                for name in ("Z.position_um", "Filter.Label"):
                    assert row[name] == (wanted[name] if row["settings"] else None)


def test_a_setting_with_words_and_numbers_is_text(db: Database, run: Any) -> None:
    run.complete(**{"Gain.mode": 2.0})
    run.complete(**{"Gain.mode": "auto"})
    rows = [row for table in db.trial_parts() for row in table.to_pylist()]
    assert [row["Gain.mode"] for row in rows] == ["2.0", "auto"]


def test_without_trials_there_are_columns_and_wrong_questions_are_refused(db: Database) -> None:
    (table,) = db.trial_parts()
    assert table.num_rows == 0
    assert "objective" in table.column_names
    with pytest.raises(InputError, match="unknown name"):
        next(db.trial_parts(where=["nothing = 1"]))
