"""A database that may be read and not written is wrong input, told before a device is opened."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hil.errors import NotWritable, StoreError
from hil.store import database_exists, open_database
from tests.hil.small_session import RIG, SESSION

# Devices that would be opened are counted.
COMMANDS = """
import ctypes, os, sys
import hil.cli.main
from hil.rig.rig import Rig
if os.getuid() == 0:  # permissions keep nobody out who is root, but for one without capabilities
    libc = ctypes.CDLL(None)
    assert libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()) == 0
opened = []
Rig._open = lambda self, plan: opened.append(plan) or sys.exit("a device was opened")
for command in sys.argv[1:]:
    status = sys.modules["hil.cli.main"].run(command.split())
    print("status", status, "opened", len(opened), file=sys.stderr)
"""
WRITE = ["run session.toml", "record rig.toml --settings set.csv", "measure rig.toml"]


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = f"sqlite:///{(tmp_path / 'hil.db').as_posix()}"
    with open_database(found, create=True):
        pass
    return found


def test_what_may_only_be_read_is_told_as_that(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Permissions keep nobody out who is root, as in a container.
    monkeypatch.setattr("hil.store.engine.os.access", lambda *_: False)
    with (
        open_database(url) as database,
        pytest.raises(NotWritable, match=r"hil\.db: the database cannot be written: .*; allowed"),
        database._writing() as connection,
    ):
        connection.execute(text("UPDATE session SET name = 'x'"))


def test_what_was_written_before_fails_as_work_does(url: str) -> None:
    with open_database(url) as database:
        with database._writing() as connection:
            connection.execute(text("UPDATE session SET name = 'x'"))
        database._engine.dispose()
        with database._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(StoreError), database._writing() as connection:
            connection.execute(text("UPDATE session SET name = 'y'"))


def test_a_place_where_none_can_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{(tmp_path / 'new.db').as_posix()}"
    assert not database_exists(url, made=True)
    assert list(tmp_path.iterdir()) == []

    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(
        NotWritable, match=r"new\.db: the database cannot be written: No space left"
    ):
        database_exists(url, made=True)
    assert not database_exists(url)


@pytest.fixture
def closed(tmp_path: Path, url: str) -> Iterator[Path]:
    """A folder, and a database in it, that nobody may write to."""
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    (tmp_path / "session.toml").write_text(SESSION, encoding="utf-8")
    (tmp_path / "set.csv").write_text("focus.z_um\n0\n", encoding="utf-8")
    (tmp_path / "own").mkdir()
    (tmp_path / "hil.db").chmod(0o444)
    yield tmp_path
    tmp_path.chmod(0o755)


@pytest.mark.skipif(sys.platform != "linux", reason="permissions of files are others there")
@pytest.mark.parametrize("what", ["file", "folder", "new"])
def test_commands_that_write_say_so_and_open_no_device(what: str, closed: Path) -> None:
    commands = [f"{one} --db sqlite:///hil.db --frames {closed / 'own'}" for one in WRITE]
    if what == "new":
        (closed / "hil.db").unlink()
        commands.pop()  # it makes none
    if what != "file":
        closed.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, *commands],
        cwd=closed,
        env={**os.environ, "TMPDIR": str(closed / "own"), "HOME": str(closed / "own")},
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stderr.splitlines()
    assert [line for line in told if line[:6] == "status"] == ["status 2 opened 0"] * len(commands)
    errors = [line for line in told if line[:6] == "error:"]
    assert len(errors) == len(commands)
    assert all("hil.db: the database cannot be written" in line for line in errors)
