"""The folder for locks is this user's own: no link that was planted is followed."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

import hil.locks.folder as folder_module
from hil.errors import InputError
from hil.locks.folder import lock_folder, other_folders

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="there each user has a folder for temporary files"
)


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HIL_LOCKS", str(tmp_path))
    return tmp_path


def test_it_is_one_whatever_folder_for_temporary_files_a_process_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HIL_LOCKS", raising=False)
    monkeypatch.setattr(folder_module, "_SHARED", tmp_path / "shared")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert lock_folder() == mine(tmp_path), "where there is no such folder"
    (tmp_path / "shared").mkdir()
    assert lock_folder() == mine(tmp_path / "shared")
    (tmp_path / "own").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "own"))
    assert lock_folder() == mine(tmp_path / "shared")
    monkeypatch.setattr(os, "access", lambda *asked: False)
    assert lock_folder() == mine(tmp_path / "own"), "where nobody may write to it"


def mine(base: Path) -> Path:
    return base / f"hil-locks-{os.getuid()}"


def test_it_is_made_once_and_read_by_others_whatever_the_umask(base: Path) -> None:
    before = os.umask(0o077)
    try:
        assert lock_folder() == lock_folder() == mine(base)
    finally:
        os.umask(before)
    assert mine(base).stat().st_mode & 0o777 == 0o755


def test_a_planted_link_is_refused_and_nothing_is_written_through_it(base: Path) -> None:
    (elsewhere := base / "elsewhere").mkdir()
    mine(base).symlink_to(elsewhere)
    with pytest.raises(InputError, match="it is a link") as caught:
        lock_folder()
    assert caught.value.exit_status == 2
    assert list(elsewhere.iterdir()) == []


def test_a_planted_file_is_refused(base: Path) -> None:
    mine(base).write_text("")
    with pytest.raises(InputError, match="it is no folder"):
        lock_folder()


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777])
def test_a_folder_into_which_others_write_is_refused(base: Path, mode: int) -> None:
    mine(base).mkdir()
    mine(base).chmod(mode)
    with pytest.raises(InputError, match="others may write to it"):
        lock_folder()


def test_somebody_elses_folder_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    (base / f"hil-locks-{user + 1}").mkdir()
    with pytest.raises(InputError, match="it belongs to another user"):
        lock_folder()


def test_a_place_where_nothing_can_lie_is_one_line(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIL_LOCKS", str(base / "missing"))
    with pytest.raises(InputError, match="no folder for locks"):
        lock_folder()


def test_of_other_users_only_folders_in_their_own_hands_count(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = os.getuid()
    lock_folder()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    (base / "hil-locks-x").mkdir()
    (base / f"hil-locks-{user + 2}").mkdir()  # it is not that user's
    (base / f"hil-locks-{user + 3}").symlink_to(base)
    assert list(other_folders()) == [base / f"hil-locks-{user}"]
