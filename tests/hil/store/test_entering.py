"""What is entered beside controllers: sessions and their rig files, events by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hil.errors import InputError
from hil.records.session import SessionState
from hil.store import Database, NewSession, SqlStore


def test_what_is_done_by_hand_is_an_event_too(
    db: Database, store: SqlStore, session_id: str, clock: Any
) -> None:
    db.event(None, "park", clock.now(), {"rig": "demo scope"})
    db.event("last", "move", clock.now(), {"Z.position_um": 3.0})
    assert list(db.events()["kind"]) == ["park", "move"]
    assert list(db.events(session_id)["kind"]) == ["move"]


def test_what_is_stored_with_a_session_comes_back(
    db: Database, new_session: Callable[..., NewSession]
) -> None:
    new = new_session(
        versions={"hil": "0.1.0", "MMCore": "11.5"},
        seed=2**40,
        objectives=("bits_per_pixel", "dose"),
        tags=("night", "night", "oil"),
        note="first light",
        extra={"n_fields": 8},
    )
    record = db.session(db.create_session(new))
    assert (record.session_text, record.rig_text) == (new.session_text, new.rig_text)
    assert record.versions == new.versions
    assert (record.seed, record.objectives) == (2**40, ("bits_per_pixel", "dose"))
    assert (record.tags, record.note) == (("night", "oil"), "first light")
    assert record.extra == {"n_fields": 8}
    assert record.created_at == new.at
    assert record.state is SessionState.RUNNING


def test_equal_rig_files_are_stored_once(
    db: Database, new_session: Callable[..., NewSession]
) -> None:
    for text in ("a = 1", "a = 1", "a = 2"):
        db.create_session(new_session(rig_text=text))
    assert db.sql("SELECT count(*) AS n FROM rig")["n"][0] == 2


def test_tags_and_notes_can_change_after_the_end(db: Database, run: Any, session_id: str) -> None:
    run.complete()
    db.tag(session_id, "b", "a", number=0)
    db.tag(session_id, "b", " c ", number=0)
    db.note(session_id, "odd \0 fringes", number=0)
    row = db.trials(session_id).iloc[0]
    assert (row["tags"], row["note"]) == (["b", "a", "c"], "odd � fringes")
    for wrong in ("", "  "):
        with pytest.raises(InputError, match="a tag is empty"):
            db.tag(session_id, wrong)
    with pytest.raises(InputError, match="no such trial"):
        db.tag(session_id, "x", number=7)
