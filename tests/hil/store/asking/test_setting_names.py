"""Names of settings are those of the trials, also where a trial failed early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hil.errors import InputError
from hil.store import Database, NewSession
from hil.store.asking import setting_names


@pytest.fixture
def asked(db: Database, run: Any, new_session: Callable[..., NewSession]) -> Database:
    """Some trials; one in the middle has a setting that no other has."""
    for number in range(160):
        extra = {"Odd.word": "x"} if number == 80 else {}
        run.complete(**{"Z.position_um": float(number), "A.b": 1.0, **extra})
    db.create_session(new_session(name="other"))
    return db


def test_names_without_reading_all(asked: Database, session_id: str) -> None:
    with asked._engine.connect() as connection:
        assert setting_names.of_all(connection) == ("A.b", "Odd.word", "Z.position_um")
        assert setting_names.of_session(connection, session_id) == (
            "A.b",
            "Odd.word",
            "Z.position_um",
        )
        assert setting_names.of_ends(connection, session_id) == ("A.b", "Z.position_um")
        other = asked.session_id("last")
        assert setting_names.of_ends(connection, other) == ()
        assert setting_names.of_session(connection, other) == ()


def test_a_setting_of_a_trial_in_the_middle_is_found_and_shown(
    asked: Database, session_id: str
) -> None:
    assert asked.trials(session_id, limit=5)["A.b"].tolist() == [1.0] * 5
    assert asked.trials(session_id, where=["Odd.word = x"])["number"].tolist() == [80]
    assert asked.trials(session_id, sort="Odd.word", limit=1)["number"].tolist() == [80]
    assert asked.trials(session_id)["Odd.word"].dropna().tolist() == ["x"]
    with pytest.raises(InputError, match=r"did you mean 'Odd\.word'"):
        asked.trials(session_id, where=["Odd.wrd = x"])


def test_a_database_without_trials_has_no_names(db: Database) -> None:
    with db._engine.connect() as connection:
        assert setting_names.of_all(connection) == ()


def test_names_that_only_rows_have_are_added() -> None:
    assert setting_names.with_those_of(["b"], [{"a": 1}, None, {}]) == ["a", "b"]
