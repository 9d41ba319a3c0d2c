"""What a lock is of: whole or not at all, for its user alone, and nothing else is taken for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hil.locks import description


def test_it_comes_back_and_no_other_user_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "a.of"
    assert description.read(file) == ""
    for text in ("a rig \N{MICROSCOPE}\n", "another"):
        description.write(file, text)
        assert description.read(file) == text
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_takes_no_file_is_no_error(tmp_path: Path) -> None:
    description.write(tmp_path / "no folder" / "a.of", "x")


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes")
def test_links_pipes_and_endless_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link.of").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe.of")
    with (tmp_path / "long.of").open("wb") as file:
        file.truncate(1 << 30)
    for name in ("link.of", "pipe.of", "long.of"):
        assert description.read(tmp_path / name) == ""
    description.write(tmp_path / "link.of", "mine")
    assert (tmp_path / "secret").read_text() == "secret"
