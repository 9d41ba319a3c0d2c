"""The thread that writes frames: slow disks, full disks, and frames that do not fit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hil.errors import StoreError
from hil.records.frames import FieldFrames
from hil.records.trial import TrialState
from hil.store import Database, SqlStore
from hil.store.frames import files as frame_files
from hil.store.frames.writer import FRAMES, QUEUE_LENGTH, FrameWriter
from hil.waits.waits import SAY_AFTER_S, WAITS


def test_frames_without_light_are_written_too(
    db: Database, store: SqlStore, run: Any, session_id: str, make_pixels: Any
) -> None:
    trial = run.propose()
    dark = make_pixels(0)
    dark.frames[:] = 0
    store.frames(trial, dark)
    store.captured(trial, run.clock.now(), 0.1)
    store.finish(trial, TrialState.ABORTED, run.clock.now())
    assert not db.frames(session_id, 0).any()
    assert db.verify(session_id) == []


def test_a_full_disk_fails_the_trial_and_not_the_next(
    db: Database, store: SqlStore, run: Any, session_id: str, monkeypatch: pytest.MonkeyPatch,
    make_pixels: Any,
) -> None:  # fmt: skip
    run.complete()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(frame_files, "write_chunk", full)
        trial = run.propose()
        store.frames(trial, make_pixels(0))
        with pytest.raises(StoreError, match=r"trial 1 could not be written: No space left"):
            store.captured(trial, run.clock.now(), 0.1)
        store.finish(trial, TrialState.FAILED, run.clock.now(), "disk")
        # The same where the loop ends the trial before it has heard of the disk.
        trial = run.propose()
        store.frames(trial, make_pixels(0))
        store.finish(trial, TrialState.ABORTED, run.clock.now(), "stopped")
    run.complete()
    frame = db.trials(session_id)
    assert list(frame["state"]) == ["COMPLETE", "FAILED", "ABORTED", "COMPLETE"]
    assert "No space left" in frame["reason"][2]
    assert list(frame["n_frames"].notna()) == [True, False, False, True]
    assert db.verify(session_id) == []


def test_fields_of_other_shape_are_refused(
    store: SqlStore, run: Any, make_pixels: Callable[..., FieldFrames]
) -> None:
    trial = run.propose()
    store.frames(trial, make_pixels(0))
    store.frames(trial, make_pixels(1, repeats=3))
    with pytest.raises(StoreError, match="has shape"):
        store.captured(trial, run.clock.now(), 0.1)


def test_the_queue_slows_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_pixels: Callable[..., FieldFrames]
) -> None:
    go_on = threading.Event()
    written: list[int] = []

    def slow(_folder: Path, field: int, _pixels: object) -> None:
        go_on.wait(timeout=30)
        written.append(field)

    monkeypatch.setattr(frame_files, "write_chunk", slow)
    handed_over: list[int] = []

    def loop() -> None:
        for field in range(QUEUE_LENGTH + 3):
            writer.put(0, make_pixels(field), {})
            handed_over.append(field)

    with FrameWriter(tmp_path, "s", "all") as writer:
        thread = threading.Thread(target=loop)
        thread.start()
        # One field is being written, the queue is full; the next put waits until the disk goes on.
        thread.join(timeout=0.2)
        assert thread.is_alive()
        assert len(handed_over) <= QUEUE_LENGTH + 1
        assert written == []
        go_on.set()
        thread.join(timeout=30)
        sealed = writer.seal(0)
    assert sealed is not None
    assert sealed.fields == tuple(range(QUEUE_LENGTH + 3))
    assert written == list(range(QUEUE_LENGTH + 3))


@pytest.mark.parametrize("asks", ["put", "seal", "close"])
def test_a_disk_that_hangs_is_told_while_it_is_waited_for(
    asks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_pixels: Any
) -> None:
    goes_on, hangs = threading.Event(), threading.Event()

    def write_chunk(*_: object) -> None:
        hangs.set()
        assert goes_on.wait(60)

    monkeypatch.setattr(frame_files, "write_chunk", write_chunk)
    writer = FrameWriter(tmp_path, "s", "all")
    writer.put(0, make_pixels(0), {})
    assert hangs.wait(60)
    if asks == "put":
        for field in range(QUEUE_LENGTH):
            writer.put(0, make_pixels(1 + field), {})
    work = {
        "put": lambda: writer.put(0, make_pixels(9), {}),
        "seal": lambda: writer.seal(0),
        "close": writer.close,
    }[asks]
    waiting = threading.Thread(target=work, daemon=True)
    waiting.start()
    said: list[str] = []
    until_s = time.monotonic() + 60
    while not said and time.monotonic() < until_s:
        said = WAITS.look(time.monotonic() + SAY_AFTER_S + 0.5)
    goes_on.set()
    waiting.join(60)
    writer.close()
    assert said[0].startswith(f"waiting for {FRAMES}: no answer (")
