"""One process of a machine holds a thing, whoever runs it, and who is refused is told by whom."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import filelock
import pytest

from hil.errors import InputError, RigHeld
from hil.locks.folder import lock_folder
from hil.locks.lock import is_left_behind, left_behind, locked

SINCE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOLDS = """
import os
import sys
from datetime import UTC, datetime
from hil.errors import RigHeld
from hil.locks.lock import locked
if len(sys.argv) > 3:  # what was imported by then that user may not be able to read
    os.setuid(int(sys.argv[3]))
try:
    since = lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    with locked(sys.argv[1], sys.argv[2], since, described="all of " + sys.argv[1]):
        print("held", flush=True)
        input()
except RigHeld as held:
    print(held, flush=True)
"""


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("TMPDIR", "TEMP", "TMP", "HIL_LOCKS"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def now() -> datetime:
    return SINCE


@contextmanager
def another(
    what: str, role: str = "controller", *user: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, what, role, *user],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        if process.poll() is None:
            process.communicate("\n")


def test_who_is_refused_is_told_by_whom_and_since_when(base: Path) -> None:
    with another("port 1") as (process, said):
        assert said == "held"
        with pytest.raises(RigHeld) as caught, locked("port 1", "controller", now):
            raise AssertionError("never")
        for part in ("port 1 is held by the controller", f"pid {process.pid}", "2026-01-02T03:04"):
            assert part in str(caught.value)
        with locked("port 2", "controller", now), locked("port 1", "controller", now, of="there"):
            pass
    with locked("port 1", "controller", now):
        pass


def test_one_that_was_killed_holds_nothing_and_its_note_names_nobody(base: Path) -> None:
    with another("port 1") as (process, _):
        process.kill()
        process.wait()
    (note,) = lock_folder().glob("*.json")
    assert json.loads(note.read_text())["pid"] == process.pid
    with locked("port 1", "controller", now):
        assert json.loads(note.read_text())["pid"] == os.getpid()
    assert list(lock_folder().glob("*.json")) == []


def test_a_controller_waits_for_a_guardian(base: Path) -> None:
    with another("port 1", "guardian") as (process, _):
        with subprocess.Popen(
            [sys.executable, "-c", HOLDS, "port 1", "controller"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as waiting:
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.wait(1.0)
            process.communicate("\n")
            assert waiting.communicate("\n")[0].strip() == "held"


def test_nothing_that_lies_about_hurts(base: Path) -> None:
    """Links, pipes and nonsense in a folder of one's own, as a stranger or an accident left them."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names here")
    with locked("port 1", "controller", now):
        (note,) = lock_folder().glob("*.json")
    os.mkfifo(note)
    with locked("port 1", "controller", now):
        pass
    for nonsense in (
        "[1, 2",
        "[" * 4000,
        '{"pid": "1", "host": "\\ud800", "role": "", "since": ""}',
    ):
        note.write_text(nonsense)
        with locked("port 1", "controller", now):
            pass
    (target := base / "precious").write_text("mine")
    note.symlink_to(target)
    with locked("port 1", "controller", now):
        pass
    assert target.read_text() == "mine"


@pytest.mark.skipif(
    sys.platform == "win32" or os.getuid() != 0, reason="only root can act for another user"
)
def test_another_user_of_the_machine_is_refused_and_can_break_nothing(base: Path) -> None:
    for folder in (base, *base.parents):
        if folder != folder.parent and folder.stat().st_uid == 0:
            folder.chmod(folder.stat().st_mode | 0o055)
    with locked("port 1", "controller", now):
        with another("port 1", "controller", "65534") as (_, said):
            assert said.startswith("port 1 is held by the controller with pid")
            assert str(os.getpid()) in said
        with another("port 2", "controller", "65534") as (_, said):
            assert said == "held"
            with (
                pytest.raises(RigHeld, match="port 2 is held by"),
                locked("port 2", "controller", now),
            ):
                raise AssertionError("never")
    with another("port 1", "controller", "65534") as (_, said):
        assert said == "held"


def test_what_a_killed_process_held_is_known_to_be_left_behind_once(base: Path) -> None:
    with locked("scope", "controller", now) as left:
        assert not left
    with another("scope") as (process, _):
        assert not is_left_behind("scope")
        process.kill()
        process.wait()
        assert is_left_behind("scope")
        assert not is_left_behind("another scope")
    with locked("scope", "controller", now) as left:
        assert left
        assert not is_left_behind("scope")


def test_what_a_killed_process_held_is_told_until_somebody_holds_it_for_good(base: Path) -> None:
    with another("scope") as (process, _), another("lens"):
        assert list(left_behind()) == []
        process.kill()
        process.wait()
        assert list(left_behind()) == ["all of scope"]
        for _ in range(2):  # who only passes leaves it as it was
            with locked("scope", "controller", now, described="mine", passing=True) as left:
                assert left
                assert list(left_behind()) == []
            assert list(left_behind()) == ["all of scope"]
    with locked("scope", "controller", now) as left:
        assert left
    assert list(left_behind()) == []
    with locked("scope", "controller", now, described="mine", passing=True) as left:
        assert not left
    assert [file.name for file in lock_folder().iterdir() if file.suffix != ".lock"] == []
    with locked("scope", "controller", now) as left:
        assert not left


def test_a_folder_that_takes_no_lock_is_said(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(lock: object, timeout: float) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "x.lock")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with (
        pytest.raises(InputError, match="no lock can be kept there: Read-only file system"),
        locked("camera", "controller", lambda: SINCE),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="each user has a folder of its own there")
def test_two_processes_with_temporary_folders_of_their_own_see_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where no database is common to them."""
    monkeypatch.delenv("HIL_LOCKS", raising=False)
    what = f"a rig of tests {uuid.uuid4().hex}"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "a"))
    with another(what) as (_, said):
        assert said == "held"
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "b"))
        with pytest.raises(RigHeld), locked(what, "controller", now):
            pass
