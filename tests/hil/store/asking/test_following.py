"""A session that goes on, read again and again by who may not write."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from hil.errors import StoreError
from hil.records.session import SessionState
from hil.store import Database, open_database
from tests.hil.store.conftest import Run


def test_each_look_sees_what_is_new(db: Database, run: Run, session_id: str) -> None:
    following = db.following(session_id[:10])
    empty = following.look()
    assert (empty.n_ended, empty.current, empty.heard_at) == (0, None, None)
    assert math.isnan(empty.seconds_left)
    run.complete(1.0)
    run.failed("late")
    trial = run.propose()
    seen = following.look()
    assert (seen.n_ended, seen.n_complete, len(seen.rows)) == (2, 1, 3)
    assert seen.current == (trial.number, "PROPOSED")
    assert seen.heard_at == run.clock.time
    assert seen.seconds_left == 38 * seen.seconds_per_trial
    run.store.session_state(SessionState.STOPPED, run.clock.now(), "enough")
    assert (following.look().state, following.look().reason) == ("STOPPED", "enough")


def test_a_reader_is_refused_to_write(db: Database, session_id: str, tmp_path: Path) -> None:
    url = db._location.url.render_as_string(hide_password=False)
    with open_database(url, frames=tmp_path / "frames", read_only=True) as reader:
        assert reader.following(session_id).look().state == "RUNNING"
        assert len(reader.sql("SELECT id FROM session")) == 1
        with pytest.raises(StoreError, match=r"(?i)read.?only"):
            reader.note(session_id, "no")
    db.note(session_id, "yes")
