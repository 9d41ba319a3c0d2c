"""Frame files: what zarr reads is what was written, and damage is seen."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hil.errors import StoreError
from hil.records.frames import FieldFrames
from hil.records.trial import TrialState
from hil.store import Database, SqlStore
from hil.store.frames import files as frame_files
from hil.store.frames.writer import QUEUE_LENGTH, FrameWriter


@given(
    pixels=st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda dtype: arrays.arrays(
            dtype, arrays.array_shapes(min_dims=4, max_dims=5, min_side=1, max_side=5)
        )
    )
)
def test_zarr_reads_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, pixels: frame_files.Pixels
) -> None:
    folder = tmp_path_factory.mktemp("array")
    for index, one in enumerate(pixels):
        frame_files.write_chunk(folder, index, one)
    frame_files.write_metadata(folder, len(pixels), pixels[0], {"trial": 1})
    array = zarr.open_array(folder, mode="r")
    assert array.metadata.zarr_format == 3
    assert (array.shape, array.dtype, array.chunks) == (
        pixels.shape,
        pixels.dtype,
        (1, *pixels.shape[1:]),
    )
    np.testing.assert_array_equal(array[:], pixels)
    assert array.attrs["trial"] == 1


def test_big_endian_and_strided_pixels_are_stored_as_their_values(tmp_path: Path) -> None:
    values = np.arange(2 * 6 * 8, dtype=np.uint16).reshape(2, 6, 8)
    strided: Any = values.astype(">u2")[:, ::2, ::2]
    frame_files.write_chunk(tmp_path, 0, strided)
    frame_files.write_metadata(tmp_path, 1, strided, {})
    read = frame_files.read_fields(tmp_path, [0])[0]
    np.testing.assert_array_equal(read, values[:, ::2, ::2])
    assert frame_files.checksum(read) == frame_files.checksum(strided)


def test_a_session_is_a_zarr_group(
    db: Database, run: Any, session_id: str, make_pixels: Callable[..., FieldFrames]
) -> None:
    run.complete()
    run.complete()
    group = zarr.open_group(db.frames_folder / session_id, mode="r")
    assert sorted(group.array_keys()) == ["000000", "000001"]
    array = group["000001"]
    assert isinstance(array, zarr.Array)
    assert array.metadata.dimension_names == ("field", "repeat", "y", "x")  # type: ignore[union-attr]
    attributes = dict(array.attrs)
    assert (attributes["session"], attributes["trial"]) == (session_id, 1)
    assert (attributes["exposure_ms"], attributes["fields"]) == (10.0, [0, 1, 2])
    assert attributes["settings"] == {"mirror.z5_nm": 12.5, "Emission.Label": "FITC"}
    expected = np.stack([make_pixels(index, seed=1).frames for index in range(3)])
    np.testing.assert_array_equal(array[:], expected)


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


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def test_damage_is_found(db: Database, run: Any, session_id: str) -> None:
    for _ in range(4):
        run.complete()
    folder = db.frames_folder / session_id
    _flip(folder / "000000" / "c.1.0.0.0")
    (folder / "000001" / "c.2.0.0.0").unlink()
    (folder / "000002" / "zarr.json").unlink()
    problems = db.verify(session_id)
    assert [problem.startswith(f"trial {n}:") for n, problem in zip((0, 1), problems, strict=False)]
    assert len(problems) == 3
    assert "field 2 of its frames does not match" in problems[1]
    for number in range(3):
        with pytest.raises(StoreError):
            db.frames(session_id, number)
    assert db.frames(session_id, 3).shape == (3, 2, 16, 12)


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


def test_the_metadata_is_that_of_zarr(tmp_path: Path) -> None:
    pixels = np.zeros((2, 3, 4), np.uint16)
    frame_files.write_metadata(tmp_path, 5, pixels, {"a": 1})
    written = json.loads((tmp_path / "zarr.json").read_text())
    array = zarr.open_array(tmp_path, mode="r")
    assert json.loads(json.dumps(array.metadata.to_dict())) == written
