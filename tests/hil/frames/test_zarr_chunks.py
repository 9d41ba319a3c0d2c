"""Zarr stores of acquisitions that stopped early."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from hil.errors import InputError
from hil.frames.files import open_frames, read_frames
from tests.hil.frames.stored import FRAMES

STORES = {
    "zarr 2": {"zarr_format": 2, "chunks": (1, 12, 20)},
    "zarr 2, nested": {
        "zarr_format": 2, "chunks": (1, 12, 20),
        "chunk_key_encoding": {"name": "v2", "separator": "/"},
    },
    "zarr 3": {"chunks": (1, 12, 20)},
    "sharded": {"chunks": (1, 12, 20), "shards": (2, 24, 20)},
    "a chunk of two frames": {"chunks": (2, 24, 20)},
    "uneven": {"chunks": (1, 16, 16)},
}  # fmt: skip


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("store", STORES)
def test_frames_that_were_never_written_are_counted(
    tmp_path: Path, store: str, zipped: bool
) -> None:
    path = tmp_path / "a.zarr"
    array = zarr.create_array(str(path), shape=(8, 24, 20), dtype="u2", **STORES[store])
    array[:4] = FRAMES[:4, 0]
    if store not in ("sharded", "a chunk of two frames"):
        array[4:5, :12, :16] = FRAMES[4:5, 0, :12, :16]  # half a frame
    if zipped:
        path = Path(shutil.make_archive(str(path), "zip", path))
    with pytest.raises(InputError, match=r"4 of 8 frames are incomplete: chunks.*--allow-missing"):
        open_frames(path)
    found = open_frames(path, allow_missing=True)
    assert found.shape == (4, 1, 24, 20)
    assert found.left_out == "4 of 8 frames, which are incomplete"
    assert np.array_equal(np.stack([found[k][0] for k in range(4)]), FRAMES[:4, 0])


def test_a_shard_that_lacks_chunks_lacks_frames(tmp_path: Path) -> None:
    array = zarr.create_array(
        str(tmp_path / "a.zarr"),
        shape=(4, 24, 20),
        dtype="u2",
        chunks=(1, 12, 20),
        shards=(4, 24, 20),
    )
    array[:3] = FRAMES[:3, 0]
    with pytest.raises(InputError, match="1 of 4 frames"):
        open_frames(tmp_path / "a.zarr")
    assert open_frames(tmp_path / "a.zarr", allow_missing=True).shape == (3, 1, 24, 20)


def test_fields_keep_the_same_repeats(tmp_path: Path) -> None:
    array = zarr.create_array(
        str(tmp_path / "a.zarr"), shape=(5, 2, 24, 20), dtype="u2", chunks=(1, 1, 24, 20)
    )
    array[:3] = FRAMES[:3]
    array[3, 0] = FRAMES[3, 0]
    found = open_frames(tmp_path / "a.zarr", allow_missing=True)
    assert found.shape == (3, 2, 24, 20)
    assert found.left_out == (
        "3 of 10 frames, which are incomplete, and 1 so that all fields have the same repeats"
    )


def test_repeats_that_nobody_has_are_left_out(tmp_path: Path) -> None:
    array = zarr.create_array(
        str(tmp_path / "a.zarr"), shape=(2, 5, 24, 20), dtype="u2", chunks=(1, 1, 24, 20)
    )
    array[0] = FRAMES[:, 0]
    found = open_frames(tmp_path / "a.zarr", "rfyx", allow_missing=True)
    assert found.shape == (5, 1, 24, 20)
    assert np.array_equal(found[4][0], FRAMES[4, 0])


def test_a_channel_alone_may_be_whole(tmp_path: Path) -> None:
    array = zarr.create_array(
        str(tmp_path / "a.zarr"), shape=(5, 2, 24, 20), dtype="u2", chunks=(1, 1, 24, 20)
    )
    array[:, 1] = FRAMES[:, 1]
    assert open_frames(tmp_path / "a.zarr", "fcyx", 1).shape == (5, 1, 24, 20)
    with pytest.raises(InputError, match=r"5 of 5 frames are incomplete.*none is left"):
        open_frames(tmp_path / "a.zarr", "fcyx", allow_missing=True)


def test_chunks_of_no_bytes_were_never_written(tmp_path: Path) -> None:
    zarr.create_array(str(tmp_path / "a.zarr"), data=FRAMES[:, 0], chunks=(1, 24, 20))
    (tmp_path / "a.zarr" / "c" / "4" / "0" / "0").write_bytes(b"")
    assert open_frames(tmp_path / "a.zarr", allow_missing=True).shape == (4, 1, 24, 20)


def test_masks_may_be_zero_where_zarr_leaves_chunks_out(tmp_path: Path) -> None:
    mask = np.zeros((24, 20), np.uint8)
    mask[:12] = 1
    zarr.create_array(str(tmp_path / "a.zarr"), data=mask, chunks=(12, 20))
    assert np.array_equal(read_frames(tmp_path / "a.zarr"), mask)


def test_more_chunks_than_can_be_listed_are_refused(tmp_path: Path) -> None:
    zarr.create_array(str(tmp_path / "a.zarr"), data=FRAMES[:, 0], chunks=(5, 24, 20))
    described = tmp_path / "a.zarr" / "zarr.json"
    found = json.loads(described.read_text())
    found["shape"][0] = 10**12
    described.write_text(json.dumps(found))
    with pytest.raises(InputError, match="has 200000000000 chunks; allowed"):
        open_frames(tmp_path / "a.zarr")


@pytest.mark.parametrize("fill", [0, 7])
@pytest.mark.parametrize("n", [4, 5, 6])
def test_a_chunk_that_was_not_filled_lacks_frames(tmp_path: Path, n: int, fill: int) -> None:
    array = zarr.create_array(
        str(tmp_path / "a.zarr"),
        shape=(12, 24, 20),
        dtype="u2",
        chunks=(4, 24, 20),
        fill_value=fill,
    )
    array[:n] = np.concatenate([FRAMES[:, 0], FRAMES[:1, 1]])[:n]
    with pytest.raises(InputError, match=f"{12 - n} of 12 frames are incomplete"):
        open_frames(tmp_path / "a.zarr")
    assert open_frames(tmp_path / "a.zarr", allow_missing=True).shape == (n, 1, 24, 20)
