"""Two databases become one: each row once, however often, with frames; nobody's work is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hil.errors import InputError
from hil.records.session import SessionState
from hil.store import Database, NewSession, open_database
from tests.hil.store.conftest import Run, TestClock

FULL = {"trial": 4, "session": 1, "calibration": 1, "acquisition": 3, "estimate": 2, "event": 1}


def counts(database: Database) -> dict[str, int]:
    found = database.stats()
    return {name: found[name] for name in FULL}


def test_a_session_is_taken_whole_and_once(
    db: Database, other: Database, their_session: str
) -> None:
    merged = db.merge(other)
    assert (merged.sessions, merged.trials, merged.calibrations) == ([their_session], 4, 1)
    assert merged.n_arrays == 4, "three trials and one calibration"
    assert merged.left == []
    assert counts(db) == FULL
    pd.testing.assert_frame_equal(db.trials(their_session), other.trials(their_session))
    pd.testing.assert_frame_equal(db.events(their_session), other.events(their_session))
    np.testing.assert_array_equal(db.frames(their_session, 1), other.frames(their_session, 1))
    assert db.session(their_session) == other.session(their_session)
    maps = db.calibration_maps(db.calibration())
    np.testing.assert_array_equal(maps["gain"], np.ones((3, 4)))
    assert db.problems() == []
    assert merged.n_known == 0
    again = db.merge(other)
    assert again.n_known == 1
    assert (again.sessions, again.renewed, again.trials, again.n_arrays) == ([], [], 0, 0)
    assert counts(db) == FULL


def test_a_rig_file_that_both_know_is_one(
    db: Database, session_id: str, other: Database, their_session: str
) -> None:
    ours = db.session(session_id)
    db.note(session_id, "still here")
    with db._writing() as connection:
        connection.exec_driver_sql("UPDATE session SET state = 'STOPPED'")
    db.merge(other)
    assert db.stats()["rig"] == 1
    assert set(db.sessions()["session_id"]) == {session_id, their_session}
    assert db.session(session_id).note == "still here"
    assert ours.rig_text == db.session(their_session).rig_text


def test_a_session_that_went_on_is_brought_up_to_date(
    db: Database, other: Database, their_session: str, clock: TestClock
) -> None:
    db.merge(other)
    db.note(their_session, "of mine")
    clock.time = other.session(their_session).finished_at or clock.time
    with other.store(their_session, controller="scope", clock=clock) as store:
        ((waiting, _, _),) = store.open_trials()
        store.mark_stale(waiting, clock.now(), "its process died")
        Run(store, clock, n_fields=1).complete(3.0)
        store.session_state(SessionState.COMPLETE, clock.now(), "done")
    merged = db.merge(other)
    assert (merged.sessions, merged.renewed, merged.trials) == ([], [their_session], 1)
    assert list(db.trials(their_session)["state"]) == list(other.trials(their_session)["state"])
    assert db.session(their_session).reason == "done"
    assert db.session(their_session).note == "of mine"
    assert db.problems() == []


def test_a_session_that_runs_is_left(
    db: Database, other: Database, new_session: Callable[..., NewSession]
) -> None:
    key = other.create_session(new_session())
    merged = db.merge(other)
    assert merged.left == [f"session {key[:8]} is RUNNING: merge again at its end"]
    assert not len(db.sessions())


def test_a_session_that_went_on_in_both_is_left_as_it_is(
    db: Database, other: Database, their_session: str, clock: TestClock
) -> None:
    db.merge(other)
    for database in (db, other):
        with database.store(their_session, controller="scope", clock=clock) as store:
            Run(store, clock, n_fields=1).complete(3.0)
    before = counts(db)
    (said,) = db.merge(other).left
    assert "each has a trial 4 of its own" in said
    assert counts(db) == before


def test_no_frame_is_copied_into_a_session_that_goes_on_here(
    db: Database, other: Database, their_session: str, clock: TestClock
) -> None:
    db.merge(other)
    for database, more in ((db, 1), (other, 3)):
        with database.store(their_session, controller="scope", clock=clock) as store:
            for _ in range(more):
                Run(store, clock, n_fields=1).complete(3.0)
    frames = db.frames_folder / their_session
    before = sorted(path.name for path in frames.iterdir())
    merged = db.merge(other)
    assert len(merged.left) == 1
    assert merged.n_arrays == 0
    assert sorted(path.name for path in frames.iterdir()) == before
    with db._writing() as connection:
        connection.exec_driver_sql("UPDATE session SET state = 'RUNNING'")
    (said,) = db.merge(other).left
    assert "is RUNNING here" in said
    assert sorted(path.name for path in frames.iterdir()) == before


def test_a_trial_that_came_to_another_end_in_each_is_told(
    db: Database, other: Database, their_session: str, clock: TestClock
) -> None:
    db.merge(other)
    for database, reason in ((db, "its process died"), (other, "by hand")):
        with database.store(their_session, controller="scope", clock=clock) as store:
            ((waiting, _, _),) = store.open_trials()
            store.mark_stale(waiting, clock.now(), reason)
    before = counts(db)
    (said,) = db.merge(other).left
    assert "trial 3 ended apart, STALE here, STALE there" in said
    assert counts(db) == before


def test_frames_that_are_gone_are_told(db: Database, other: Database, their_session: str) -> None:
    shutil.rmtree(other.frames_folder / their_session / "000001")
    merged = db.merge(other)
    assert merged.left == [f"session {their_session[:8]}: the frames of 1 trials are not there"]
    assert merged.trials == 4


def test_a_path_that_leaves_the_folder_is_refused(
    db: Database, other: Database, their_session: str
) -> None:
    with other._writing() as connection:
        connection.exec_driver_sql("UPDATE acquisition SET path = '../../etc'")
    with pytest.raises(Exception, match="no path of frames"):
        db.merge(other)
    assert not len(db.sessions())


def test_a_database_is_not_merged_with_itself(db: Database) -> None:
    with pytest.raises(InputError, match="this very database"):
        db.merge(db)


def test_a_link_to_the_file_is_this_very_database(other: Database, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    try:
        link.symlink_to(tmp_path / "other" / "hil.db")
    except OSError:
        pytest.skip("no links for this user")
    with (
        open_database(f"sqlite:///{link}", read_only=True) as same,
        pytest.raises(InputError, match="this very database"),
    ):
        other.merge(same)
