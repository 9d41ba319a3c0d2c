"""Descriptors that must stay open: known by what they lead to, and noticed when they do not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import filelock
import pytest

from hil.errors import RigHeld
from hil.locks.kept_open import KEPT_OPEN, KeptOpen
from hil.locks.lock import locked

ROOT = Path(__file__).parents[3]


@pytest.fixture
def pipe() -> Iterator[list[int]]:
    ours = list(os.pipe())
    yield ours
    for number in ours:
        os.close(number)


def test_what_is_closed_or_leads_elsewhere_is_lost(pipe: list[int]) -> None:
    kept = KeptOpen()
    found = kept.keep(*pipe, 5000)
    assert found == tuple(pipe)
    assert not kept.lost()
    os.close(pipe[0])
    assert kept.lost()
    pipe[0] = os.open(os.devnull, os.O_RDONLY)  # the same number, most likely
    assert kept.lost()
    assert not kept.let_go(*found, of=pipe), "nobody may close them"
    assert not kept.lost()
    assert kept.let_go(*kept.keep(pipe[1]), of=pipe)


def test_it_is_told_within_the_block_alone(pipe: list[int]) -> None:
    kept, told = KeptOpen(), []
    kept.keep(pipe[1])
    os.close(pipe[1])
    kept.check()
    with kept.or_else(lambda: told.append("lost")):
        kept.check()
    kept.check()
    assert told == ["lost"]
    pipe[1] = os.open(os.devnull, os.O_RDONLY)


def test_a_file_is_kept_by_all_that_lead_to_it(tmp_path: Path) -> None:
    kept, path = KeptOpen(), tmp_path / "one"
    assert kept.keep_file(path) == ()
    with path.open("w") as one, path.open() as other:
        assert set(kept.keep_file(path)) == {one.fileno(), other.fileno()}


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is locked has no other number")
def test_a_lock_whose_descriptor_was_closed_is_noticed_and_ends_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.locks.lock.lock_folder", lambda: tmp_path)
    before = KEPT_OPEN.lost()
    with locked("stage", "controller", lambda: datetime.now(UTC)):
        (path,) = tmp_path.glob("*.lock")
        for number in KEPT_OPEN.keep_file(path):
            os.close(number)
        assert KEPT_OPEN.lost()
    assert KEPT_OPEN.lost() == before


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is locked cannot be deleted")
def test_a_lock_that_was_swept_away_is_taken_again_and_keeps_others_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "locks"

    def made() -> Path:
        folder.mkdir(exist_ok=True)
        return folder

    for module in ("lock", "kept_open"):
        monkeypatch.setattr(f"hil.locks.{module}.lock_folder", made)
    before = KEPT_OPEN.lost()
    with locked("stage", "controller", lambda: datetime.now(UTC)):
        for _ in range(2):
            shutil.rmtree(folder)
            assert KEPT_OPEN.lost() == before
            told = f"pid {os.getpid()} on"
            with pytest.raises(RigHeld, match=told), locked("stage", "controller", _now):
                raise AssertionError("two hold it")
    with locked("stage", "controller", _now) as was_killed:
        assert not was_killed
    assert not list(folder.glob("*.json"))


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is locked cannot be deleted")
def test_a_lock_that_was_swept_away_and_that_another_took_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.locks.lock.lock_folder", lambda: tmp_path)
    told: list[str] = []
    with (
        locked("stage", "controller", _now),
        KEPT_OPEN.or_else(lambda: told.append(KEPT_OPEN.why)),
    ):
        KEPT_OPEN.check()
        (path,) = tmp_path.glob("*.lock")
        path.unlink()
        with filelock.FileLock(path, timeout=0):
            KEPT_OPEN.check()
    assert told == ["the lock on its hardware was deleted, and somebody else holds it now"]
    assert not KEPT_OPEN.lost()


def _now() -> datetime:
    return datetime.now(UTC)


# A library that closes all descriptors but the standard ones, in a call of a device.
PROGRAM = """
import os, sys
from hil.locks.kept_open import KEPT_OPEN, end_at_once
from hil.rig.calls.driver_calls import DriverCalls
KEPT_OPEN.keep(*os.pipe())
calls = DriverCalls("library")
with KEPT_OPEN.or_else(end_at_once):
    calls.run("camera", "capture", lambda: None, 60)
    print("before", flush=True)
    calls.run("camera", "capture", lambda: os.closerange(3, 256), 60)
    print("after", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has fewer descriptors to lose")
def test_the_process_ends_with_one_line_before_anything_else_is_done() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "before\n")
    assert done.stderr.startswith("error: a device's library has closed files")
    assert done.stderr.count("\n") == 1
