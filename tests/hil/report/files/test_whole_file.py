"""Files that are there whole, or as they were."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hil.errors import InputError
from hil.report.files.whole_file import whole_file


def test_a_file_is_replaced_once_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    path.write_text("before")
    with whole_file(path) as partial:
        partial.write_text("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_there_stays_where_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    path.write_text("before")
    with (
        pytest.raises(InputError, match=r"trials.csv: cannot be written: No space left"),
        whole_file(path) as partial,
    ):
        partial.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_errors_of_others_leave_nothing_and_say_their_own(tmp_path: Path) -> None:
    path = tmp_path / "trials.zarr"
    with pytest.raises(InputError, match="no such trial"), whole_file(path) as partial:
        partial.mkdir()
        (partial / "part").write_text("half")
        raise InputError("trials", "", "no such trial")
    assert not list(tmp_path.iterdir())


def test_folders_are_neither_made_nor_replaced(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"), whole_file(tmp_path / "a" / "b"):
        pass
    with pytest.raises(InputError, match="a folder is not replaced"), whole_file(tmp_path):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_what_is_no_file_is_written_to_as_it_is() -> None:
    with (
        pytest.raises(InputError, match=r"/dev/full: cannot be written: No space left"),
        whole_file(Path("/dev/full")) as partial,
    ):
        partial.write_text("trials")
    assert Path("/dev/full").exists()
    with whole_file(Path("/dev/null")) as partial:
        partial.write_text("trials")
