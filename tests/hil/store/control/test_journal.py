"""Entries on the disk: whole, in order, and never more than there is room for."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hil.store.control.journal import Journal, entries, left_behind


def test_entries_come_back_in_order_and_half_ones_do_not(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert list(entries(journal.path)) == []
    for number in range(3):
        assert journal.append({"n": number, "nan": float("nan")})
    with journal.path.open("ab") as file:
        file.write(b'[1, 2]\n{"n": 3, "ha')
    assert list(entries(journal.path)) == [{"n": n, "nan": None} for n in range(3)]
    assert Journal(tmp_path).n_entries == 3, "a process of the same number goes on with it"
    journal.clear()
    assert (journal.n_entries, list(tmp_path.iterdir())) == (0, [])


def test_an_entry_after_a_half_one_is_whole(tmp_path: Path) -> None:
    """In a container each process has the number of the one before, which was killed at it."""
    journal = Journal(tmp_path)
    journal.append({"n": 0})
    with journal.path.open("ab") as file:
        file.write(b'{"n": 1, "ha')
    again = Journal(tmp_path)
    assert again.append({"n": 2}) and again.append({"n": 3})
    assert list(entries(journal.path)) == [{"n": 0}, {"n": 2}, {"n": 3}]


@pytest.mark.skipif(os.name != "posix", reason="no limit on a file's size")
def test_a_disk_that_fills_in_the_middle_of_an_entry_takes_none_of_it(tmp_path: Path) -> None:
    import resource

    journal = Journal(tmp_path)
    journal.append({"n": 0})
    before, (_, most) = journal.path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 5, most))
    try:
        taken = journal.append({"n": 1, "words": "x" * 100})
        left = journal.path.read_bytes()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert (taken, left) == (False, before)
    assert journal.append({"n": 2})
    assert list(entries(journal.path)) == [{"n": 0}, {"n": 2}]
    assert journal.n_entries == 2


def test_it_is_bounded(tmp_path: Path) -> None:
    journal = Journal(tmp_path, limit_bytes=100)
    taken = [journal.append({"words": "x" * 20}) for _ in range(5)]
    assert taken == [True, True, False, False, False]
    assert journal.path.stat().st_size <= 100
    assert len(list(entries(journal.path))) == journal.n_entries == 2


def test_a_folder_that_cannot_be_written_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    journal = Journal(tmp_path / "file")
    assert not journal.append({"n": 1})
    assert journal.n_entries == 0


def test_journals_of_the_dead_are_found_and_those_of_the_living_are_not(tmp_path: Path) -> None:
    own = Journal(tmp_path)
    own.append({"n": 0})
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / own.path.name.replace(str(os.getpid()), str(dead.pid))
    for path in (left, tmp_path / "journal-elsewhere-1.jsonl", tmp_path / "journal-x.jsonl"):
        path.write_text("{}\n", encoding="utf-8")
    assert left_behind(tmp_path) == [left]


def test_a_disk_that_is_read_only_by_now_keeps_what_has_been_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    journal.append({"n": 1})

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        journal.clear()
    assert journal.n_entries == 0
    assert list(entries(journal.path)) == [{"n": 1}]
