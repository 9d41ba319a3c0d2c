"""Each part is said to be fit, or what to do, and nothing is made by looking."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from drivers.listing import LISTS
from hil.cli.main import run
from hil.cli.upkeep import starts
from hil.cli.upkeep.night import night
from hil.store import open_database

STARTS = ("threads", "device-threads", "guardian", "timer", "priority", "sleep", "restart")


@pytest.fixture(autouse=True)
def nothing_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare most tests a guardian, which has a test of its own."""
    monkeypatch.setattr(starts, "guardian", lambda: "not started")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    return tmp_path


def test_an_empty_folder_is_fit_and_stays_empty(folder: Path) -> None:
    told = dict(night(None, None))
    assert set(told) == {*STARTS, "cores", "memory", "locks", "frames", "database"}
    assert told["database"].startswith("none yet at sqlite:///")
    assert f"GB free in {folder / 'hil-frames'}" in told["frames"]
    assert list(folder.iterdir()) == []


def test_the_command_says_it_after_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names[0] == "hil"
    assert names[-5:] == ["cores", "memory", "locks", "frames", "database"]
    assert names[-12:-5] == list(STARTS)
    assert names[-18:-12] == list(LISTS)


def test_a_database_of_this_version_is_fit_and_another_is_not(folder: Path) -> None:
    url = f"sqlite:///{folder / 'hil.db'}"
    open_database(url, create=True).close()
    assert dict(night(url, None))["database"].endswith("of this version")
    with sqlite3.connect(folder / "hil.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    said = dict(night(url, None))["database"]
    assert said.startswith("NOT FIT: ")
    assert "hil db migrate" in said


@pytest.mark.parametrize(
    ("url", "said"),
    [("sqlite:///no/such/hil.db", "no folder"), ("mysql://x/y", "NOT FIT: --db")],
)
def test_where_no_database_can_be_is_said(url: str, said: str) -> None:
    assert said in dict(night(url, None))["database"]


def test_a_disk_that_is_nearly_full_or_takes_nothing_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2e9))
    assert "2.0 GB free" in dict(night(None, None))["frames"]
    assert "keep_frames" in dict(night(None, None))["frames"]

    def refused(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "disk_usage", refused)
    assert dict(night(None, None))["frames"].startswith(f"NOT FIT: {folder}: Permission denied")


@pytest.mark.parametrize(
    ("n_cores", "load", "said"),
    [(1, 0.1, "two or more"), (4, 3.5, "busy"), (4, 0.5, "4, load 0.5")],
)
def test_cores_that_are_few_or_busy_are_said(
    monkeypatch: pytest.MonkeyPatch, n_cores: int, load: float, said: str
) -> None:
    monkeypatch.setattr(psutil, "cpu_count", lambda: n_cores)
    monkeypatch.setattr(psutil, "getloadavg", lambda: (load, load, load))
    assert said in dict(night(None, None))["cores"]
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1e9))
    assert "NOT FIT" in dict(night(None, None))["memory"]
