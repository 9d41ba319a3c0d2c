"""Frames read back, with their checksums compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hil.errors import StoreError
from hil.store import Database


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def test_damage_is_found(db: Database, run: Any, session_id: str) -> None:
    for _ in range(4):
        run.complete()
    folder = db.frames_folder / session_id
    _flip(folder / "000000" / "0" / "c.0.1.0.0")
    (folder / "000001" / "0" / "c.0.2.0.0").unlink()
    (folder / "000002" / "0" / "zarr.json").unlink()
    problems = db.verify(session_id)
    assert [problem.startswith(f"trial {n}:") for n, problem in zip((0, 1), problems, strict=False)]
    assert len(problems) == 3
    assert "field 2 of its frames does not match" in problems[1]
    for number in range(3):
        with pytest.raises(StoreError):
            db.frames(session_id, number)
    assert db.frames(session_id, 3).shape == (3, 2, 16, 12)


def test_a_reader_of_a_session_gives_what_the_database_gives(
    db: Database, run: Any, session_id: str
) -> None:
    for _ in range(2):
        run.complete()
    frames, files = db.frames_of(session_id), db.files_of(session_id)
    for number in (0, 1):
        assert (frames(number) == db.frames(session_id, number)).all()
        assert files[number].folder == db.frames_folder / session_id / f"{number:06}"
        assert sorted(files[number].checksums) == [0, 1, 2]
    with pytest.raises(StoreError, match="trial 2 has no frames"):
        frames(2)
    _flip(db.frames_folder / session_id / "000000" / "0" / "c.0.1.0.0")
    with pytest.raises(StoreError, match="field 1"):
        frames(0)
