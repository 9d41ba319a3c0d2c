"""The folder of a session under way, ``hil-frames/control/SESSION``: requests, and how it stands.

Each request is a file of its own, renamed into place when it is whole. A controller reads them and
leaves them; the last controller to go takes the folder with it.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from hil.errors import StoreError
from hil.foreign.json_text import read_json
from hil.locks.descriptors import opener
from hil.records.request import Request

FOLDER = "control"
# A request is a few hundred bytes; nothing longer is read.
_LONGEST = 64_000


class Beside:
    """One session's folder.

    Parameters
    ----------
    frames
        The frames folder.
    session_id
        Full id.
    """

    def __init__(self, frames: Path, session_id: str) -> None:
        self.session_id = session_id
        self.path = frames / FOLDER / session_id
        self._since_ns = time.time_ns()

    # --- the controller's side -------------------------------------------------------------------

    def enter(self, *, joined: bool) -> None:
        """Say that a controller runs the session here; wishes from before are forgotten.

        Raises
        ------
        StoreError
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not joined:
                for file in self.path.glob("request-*.json"):
                    file.unlink(missing_ok=True)
            self._write(_card(), self._here({}))
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror or error}") from error

    def say(self, status: Mapping[str, Any]) -> None:
        """Say how the session stands, for who asks while the database is away."""
        with suppress(OSError):
            self._write(_card(), self._here(status))

    def _here(self, status: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "host": platform.node(),
            "pid": os.getpid(),
            "since_ns": self._since_ns,
            "status": dict(status),
        }

    def requests(self) -> list[Request]:
        """List the wishes that came by this folder, oldest first; what is none is passed over."""
        found = []
        try:
            files = sorted(self.path.glob("request-*.json"))
        except OSError:
            return []
        for file in files:
            with suppress(OSError, ValueError):
                found.append(Request.from_json(_read(file)))
        return sorted(found, key=lambda request: request.id)

    def leave(self) -> None:
        """End; the folder goes with the last controller, unless something is kept in it."""
        with suppress(OSError):
            (self.path / _card()).unlink(missing_ok=True)
            if not self.cards():
                for file in (*self.path.glob("controller-*"), *self.path.glob("request-*")):
                    file.unlink(missing_ok=True)
                self.path.rmdir()
                self.path.parent.rmdir()

    # --- everybody else's ------------------------------------------------------------------------

    def cards(self) -> list[dict[str, Any]]:
        """List what the controllers say that live on this machine, the first to begin first."""
        found = []
        for file in sorted(self.path.glob("controller-*.json")):
            with suppress(OSError, ValueError, KeyError, TypeError):
                said = {"status": {}, "since_ns": 0, **_read(file)}
                if not (isinstance(said["since_ns"], int) and isinstance(said["status"], dict)):
                    raise ValueError("no card of ours")
                if said["host"] == platform.node() and lives(_number(said["pid"])):
                    found.append(said)
        return sorted(found, key=lambda said: int(said["since_ns"]))

    def put(self, request: Request) -> None:
        """Ask by a file.

        Raises
        ------
        StoreError
        """
        try:
            self._write(f"request-{request.id}.json", request.to_json())
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror or error}") from error

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        target = self.path / name
        partial = target.with_suffix(f".{os.getpid()}.part")
        with open(partial, "w", encoding="utf-8", opener=opener) as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)


def running_here(frames: Path, ref: str) -> list[Beside]:
    """List the sessions that run on this machine and are named so, the first to begin first.

    Parameters
    ----------
    frames
        The frames folder.
    ref
        The beginning of an id, or ``"last"`` for all.
    """
    wanted = "" if ref == "last" else ref.strip().lower()
    began = {}
    for path in (frames / FOLDER).glob("*"):
        if path.is_dir() and path.name.startswith(wanted):
            beside = Beside(frames, path.name)
            if cards := beside.cards():
                began[beside] = int(cards[0]["since_ns"])
    return sorted(began, key=lambda beside: began[beside])


def _card() -> str:
    return f"controller-{platform.node()}-{os.getpid()}.json"


def lives(pid: int) -> bool:
    """Whether a process of this machine runs."""
    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True  # it is there, and is somebody else's


def _number(said: Any) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or said <= 0:
        raise ValueError("no process")
    return said


def _read(file: Path) -> dict[str, Any]:
    if file.is_symlink() or file.stat().st_size > _LONGEST:
        raise ValueError("no file of ours")
    said = read_json(file.read_bytes())
    if not isinstance(said, dict):
        raise ValueError("no table")
    return said
