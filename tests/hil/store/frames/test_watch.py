"""Frames that go are missed at once where their array goes, and in turn where a part of it does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hil.store.frames.files import file_names
from hil.store.frames.watch import FrameFileWatch

SESSION = "5" * 32


class Clock:
    """Stands still unless it is put forward."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def write(folder: Path, number: int) -> Path:
    array = folder / SESSION / f"{number:06d}"
    (array / "0").mkdir(parents=True)
    for name in file_names(range(3), 4):
        (array / "0" / name).touch()
    return array


def watched(folder: Path, n: int, clock: Clock) -> tuple[FrameFileWatch, list[Path]]:
    watch = FrameFileWatch(folder, SESSION, clock)
    arrays = [write(folder, number) for number in range(n)]
    for number in range(n):
        watch.add(number, f"{SESSION}/{number:06d}", range(3), 4)
    return watch, arrays


@pytest.mark.parametrize("n", [1, 20, 21, 300])
def test_an_array_that_goes_is_told_of_once(tmp_path: Path, n: int) -> None:
    watch, arrays = watched(tmp_path, n, Clock())
    assert watch.look() == []
    shutil.rmtree(arrays[n // 2])
    assert watch.look() == [n // 2]
    assert [watch.look() for _ in range(3)] == [[], [], []]


def test_a_folder_that_goes_takes_all_with_it(tmp_path: Path) -> None:
    watch, _ = watched(tmp_path, 60, Clock())
    shutil.rmtree(tmp_path / SESSION)
    write(tmp_path, 60)
    watch.add(60, f"{SESSION}/000060", range(3), 4)
    assert watch.look() == list(range(60))


@pytest.mark.parametrize("n", [1, 20, 21, 300])
def test_a_single_file_that_goes_is_found_in_turn(tmp_path: Path, n: int) -> None:
    watch, arrays = watched(tmp_path, n, Clock())
    (arrays[n // 3] / "0" / "c.0.1.0.0").unlink()
    looks = [watch.look() for _ in range(n // 20 + 1)]
    assert [found for found in looks if found] == [[n // 3]]


def test_long_lists_of_names_are_not_read_all_the_time(tmp_path: Path) -> None:
    class Slow(Clock):
        def __call__(self) -> float:
            self.now_s += 0.1
            return self.now_s

    clock = Slow()
    watch, arrays = watched(tmp_path, 100, clock)
    watch.look()  # which took 0.1 s by that clock
    shutil.rmtree(arrays[70])
    assert watch.look() == []
    clock.now_s += 10
    assert watch.look() == [70]


def test_what_was_not_kept_or_lies_on_another_machine_is_not_missed(tmp_path: Path) -> None:
    watch = FrameFileWatch(tmp_path, SESSION, Clock())
    watch.add(0, None, range(3), 0)
    watch.add_present(1, f"{SESSION}/000001", range(3), 4)
    write(tmp_path, 2)
    watch.add_present(2, f"{SESSION}/000002", range(3), 4)
    assert watch.is_whole(0)
    assert watch.look() == []
    shutil.rmtree(tmp_path / SESSION)
    assert watch.look() == [2]
