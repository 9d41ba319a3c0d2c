"""Folders of frames and maps, copied from one frames folder to another: whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil

from hil.errors import StoreError
from hil.store.frames.files import sync_file, sync_folder


def copy_array(source: Path, target: Path) -> bool:
    """Copy a folder with all in it; False where the target is there, or the source is not.

    Raises
    ------
    StoreError
        A full disk, say; nothing is left of it.
    """
    if target.exists() or not source.is_dir():
        return False
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear_cut_off(target)
        shutil.copytree(source, partial)
        for path in (partial, *sorted(partial.rglob("*"))):
            (sync_folder if path.is_dir() else sync_file)(path)
        partial.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise StoreError(f"{target}: could not be copied: {error.strerror or error}") from error
    return True


def _clear_cut_off(target: Path) -> None:
    """Remove what copies of this folder left that a power cut, or a kill, cut off."""
    for partial in target.parent.glob(f"{target.name}.*.partial"):
        number = partial.name.removesuffix(".partial").rpartition(".")[2]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(partial, ignore_errors=True)


def copy_group_file(source: Path, target: Path) -> None:
    """Copy the file that makes a folder of arrays a Zarr group."""
    head = source / "zarr.json"
    if not head.is_file() or (target / "zarr.json").exists():
        return
    try:
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(head, target / "zarr.json")
        sync_file(target / "zarr.json")
    except OSError as error:
        raise StoreError(f"{target}: could not be copied: {error.strerror or error}") from error


def folder_bytes(folder: Path) -> int:
    """Sum the sizes of all files below a folder; what goes meanwhile does not count."""
    total, waiting = 0, [folder]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_symlink():
                continue
            if entry.is_dir():
                waiting.append(Path(entry.path))
            else:
                try:
                    total += entry.stat().st_size
                except OSError:
                    continue
    return total
