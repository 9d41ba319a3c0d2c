"""Cores that a process may use, and threads that are too many for them."""

from __future__ import annotations

import math
from pathlib import Path
from types import MappingProxyType

import psutil
import pytest

from hil.cli.upkeep.threads import library_threads, threads, usable_cores

NOWHERE = Path("/no/such/folder")


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(psutil, "cpu_count", lambda: 64)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(32)), raising=False)
    return tmp_path


def cores(cgroup: Path, group: str = "/") -> int:
    own = cgroup / "own"
    own.write_text(f"0::{group}\n", encoding="utf-8")
    return usable_cores(cgroup, own)


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"{text}\n", encoding="utf-8")


def test_affinity_is_what_is_left_without_a_container(cgroup: Path) -> None:
    assert usable_cores(NOWHERE, NOWHERE) == 32
    write(cgroup, "cpu.max", "max 100000")
    assert cores(cgroup) == 32


def test_the_tightest_group_around_counts(cgroup: Path) -> None:
    write(cgroup / "user.slice", "cpu.max", "250000 100000")
    write(cgroup / "user.slice" / "job", "cpu.max", "800000 100000")
    assert cores(cgroup, "/user.slice/job") == math.ceil(2.5)
    assert cores(cgroup, "/elsewhere") == 32


def test_groups_of_older_systems(cgroup: Path) -> None:
    write(cgroup / "cpu", "cpu.cfs_quota_us", "400000")
    write(cgroup / "cpu", "cpu.cfs_period_us", "100000")
    assert cores(cgroup) == 4
    write(cgroup / "cpu", "cpu.cfs_quota_us", "-1")
    assert cores(cgroup) == 32
    write(cgroup, "cpu.max", "50000 100000")
    assert cores(cgroup) == 1


def test_more_threads_than_cores_are_not_fit() -> None:
    said = threads(2, {"openblas": 64, "torch": 64}, {})
    assert said.startswith("openblas 64, torch 64, of 2 cores that this process may use: NOT FIT")
    assert said.endswith("set OMP_NUM_THREADS=2 before hil is started")


def test_what_was_set_is_said() -> None:
    around = MappingProxyType({"OMP_NUM_THREADS": "1", "PATH": ""})
    assert "(OMP_NUM_THREADS=1): twins" in threads(8, {"torch": 1}, around)
    assert threads(1, {"torch": 1}, around).endswith(
        "1 core that this process may use (OMP_NUM_THREADS=1)"
    )
    assert threads(8, {"torch": 8}, {}).endswith("of 8 cores that this process may use")


def test_libraries_of_this_process_say_their_numbers() -> None:
    found = library_threads()
    assert found["torch"] >= 1 and all(n >= 1 for n in found.values())
