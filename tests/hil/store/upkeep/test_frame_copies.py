"""Folders are copied whole, once, and nothing is left of a copy that failed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil
import pytest

from hil.errors import StoreError
from hil.store.upkeep.frame_copies import copy_array, copy_group_file, folder_bytes


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "zarr.json").write_text("{}")
    (folder / "c.0").write_bytes(b"12345")
    return folder


def test_a_folder_is_copied_once(tmp_path: Path) -> None:
    source, target = made(tmp_path / "a"), tmp_path / "deep" / "b"
    assert copy_array(source, target)
    assert (target / "c.0").read_bytes() == b"12345"
    (target / "c.0").write_bytes(b"ours")
    assert not copy_array(source, target)
    assert (target / "c.0").read_bytes() == b"ours"
    assert not copy_array(tmp_path / "none", tmp_path / "c")
    copy_group_file(source, tmp_path / "group")
    assert (tmp_path / "group" / "zarr.json").read_text() == "{}"


def test_what_a_kill_cut_off_is_cleared_away(tmp_path: Path) -> None:
    source, folder = tmp_path / "a", tmp_path / "b"
    (source / "0").mkdir(parents=True)
    (source / "0" / "c").write_bytes(b"1")
    dead = max(psutil.pids()) + 4_000_000  # beyond what any system gives
    for name in (f"0.{dead}.partial", f"0.{os.getpid()}.partial2", "0.x.partial"):
        (folder / name).mkdir(parents=True)
    assert copy_array(source / "0", folder / "0")
    left = {path.name for path in folder.iterdir()}
    assert left == {"0", f"0.{os.getpid()}.partial2", "0.x.partial"}


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        target.mkdir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", full)
    with pytest.raises(StoreError, match="No space left"):
        copy_array(made(tmp_path / "a"), tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_bytes_of_a_folder(tmp_path: Path) -> None:
    made(tmp_path / "a" / "b")
    assert folder_bytes(tmp_path) == 7
    assert folder_bytes(tmp_path / "none") == 0
