"""Frames that are deleted are found, tagged and told once, an earlier process's too."""

from __future__ import annotations

import shutil

from hil.store import Database, SqlStore
from hil.store.retry import Retry
from hil.store.trials.lost_frames import FRAMES_LOST, LostFrames
from tests.hil.store.conftest import Run, TestClock


def test_what_is_gone_is_tagged_and_told_once(
    db: Database, run: Run, session_id: str, clock: TestClock
) -> None:
    run.complete()
    run.complete()
    lost = LostFrames(db._engine, db.frames_folder, session_id, Retry(5.0), clock)
    told: list[tuple[str, list[int]]] = []

    def event(kind: str, at: object, detail: object) -> None:
        told.append((kind, detail["trials"]))  # type: ignore[index]

    lost.tell(clock.now(), event)
    assert told == [] and lost.is_whole(1)
    (folder,) = (one for one in (db.frames_folder / session_id).iterdir() if one.name.endswith("1"))
    shutil.rmtree(folder)
    for _ in range(3):
        lost.tell(clock.now(), event)
    assert told == [("frames_lost", [1])]
    tags = dict(zip(*(db.trials(session_id)[name] for name in ("number", "tags")), strict=True))
    assert tags == {0: [], 1: [FRAMES_LOST]}


def test_a_store_watches_what_it_has_written(run: Run, store: SqlStore, db: Database) -> None:
    run.complete()
    shutil.rmtree(db.frames_folder / store.session_id)
    run.complete()
    assert "frames_lost" in list(db.events(store.session_id)["kind"])
