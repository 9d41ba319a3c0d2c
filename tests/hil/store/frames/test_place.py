"""A place for frames is tried before a lamp is lit, and nothing is left there."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path
from typing import Any

import pytest

from hil.errors import InputError
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.store.frames.place import check_place
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION


@pytest.mark.parametrize("name", [".", "frames", "of/this/year"])
def test_a_folder_or_one_to_be_made_is_a_place(name: str, tmp_path: Path) -> None:
    check_place(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["file", "file/below", "file/far/below"])
def test_a_file_is_none(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"):
        check_place(tmp_path / name)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_takes_no_file_is_none(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any, **named: Any) -> Any:
        raise OSError(number, "no")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(InputError, match="no frames can be written there: no"):
        check_place(tmp_path / "hil-frames")


def test_no_device_is_opened_for_frames_that_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "hil-frames").touch()
    opened: list[Rig] = []
    real = Rig._open

    def open_rig(rig: Rig, plan: Plan) -> None:
        opened.append(rig)
        real(rig, plan)

    monkeypatch.setattr(Rig, "_open", open_rig)
    with pytest.raises(InputError, match="is a file"):
        bench.run(trials=1)
    assert not opened
    assert not (tmp_path / "hil.db").exists()
    bench.write(RIG, SESSION.replace("repeats = 2", 'repeats = 2\nkeep_frames = "none"'))
    bench.run(trials=1)
    assert opened
