"""A call that does not return is left behind; the driver's other devices are still reached."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.errors import DeviceFault
from drivers.types import Pixels
from hil.rig.calls.driver_calls import CallHangs, DriverCalls, Hang
from hil.rig.device_thread import abandoned
from sim.parts.exposing import Exposing


class Bench:
    """A way into a driver with a device that hangs until it is let go."""

    def __init__(self) -> None:
        self.hangs: list[Hang] = []
        self.calls = DriverCalls("bench", self.hangs.append)
        self.go = threading.Event()

    def hang(self, deadline_s: float = 0.05) -> None:
        self.calls.run("mirror", "settle", lambda: self.go.wait(30), deadline_s)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.go.set()
    made.calls.close()


def test_all_calls_of_a_driver_run_on_one_other_thread(bench: Bench) -> None:
    seen = {bench.calls.run("z", "read", threading.get_ident, 1.0) for _ in range(5)}
    assert len(seen) == 1
    assert threading.get_ident() not in seen


@pytest.mark.parametrize("error", [ValueError, TimeoutError, MemoryError])
def test_what_a_call_raises_reaches_who_asked(bench: Bench, error: type[BaseException]) -> None:
    def fail() -> None:
        raise error("late")

    with pytest.raises(error, match="late"):
        bench.calls.run("z", "read", fail, 1.0)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_what_would_end_the_program_is_a_fault_of_the_device(
    bench: Bench, error: type[BaseException]
) -> None:
    def fail() -> None:
        raise error("from a library")

    with pytest.raises(DeviceFault, match=rf"z: read: {error.__name__}: from a library"):
        bench.calls.run("z", "read", fail, 1.0)
    assert bench.calls.run("z", "read", lambda: 3, 1.0) == 3


@pytest.mark.parametrize("fails", [False, True])
def test_a_library_that_changes_the_working_folder_moves_nothing_of_ours(
    bench: Bench, tmp_path: Path, fails: bool
) -> None:
    before = Path.cwd()

    def move() -> None:
        os.chdir(tmp_path)
        if fails:
            raise OSError("and fails")

    if fails:
        with pytest.raises(OSError, match="and fails"):
            bench.calls.run("z", "open", move, 1.0)
    else:
        bench.calls.run("z", "open", move, 1.0)
    assert Path.cwd() == before


def test_a_call_that_hangs_is_named_and_its_device_left_alone(bench: Bench) -> None:
    with pytest.raises(CallHangs, match=r"mirror: settle has not returned for 0\.05 s"):
        bench.hang()
    assert bench.hangs == [Hang("mirror", "settle", 0.05)]
    assert abandoned()
    began_s = time.monotonic()
    with pytest.raises(CallHangs, match="mirror: settle"):
        bench.calls.run("mirror", "read", lambda: 1, 30.0)
    assert time.monotonic() - began_s < 1.0, "what hangs is not waited for twice"
    assert bench.calls.run("lamp", "set", lambda: "dark", 1.0) == "dark"


def test_a_device_that_comes_back_is_asked_again(bench: Bench) -> None:
    with pytest.raises(CallHangs):
        bench.hang()
    bench.go.set()
    deadline_s = time.monotonic() + 5
    while True:
        try:
            assert bench.calls.run("mirror", "read", lambda: 7, 1.0) == 7
            break
        except CallHangs:
            assert time.monotonic() < deadline_s


def test_who_waits_behind_a_call_that_hangs_is_served(bench: Bench) -> None:
    """The lamp's command comes while the mirror hangs, and who asked the mirror has gone."""
    asked = threading.Event()

    def ask() -> None:
        asked.set()
        with pytest.raises(CallHangs):
            bench.hang(0.3)

    thread = threading.Thread(target=ask)
    thread.start()
    asked.wait()
    began_s = time.monotonic()
    assert bench.calls.run("lamp", "set", lambda: "dark", 5.0) == "dark"
    assert time.monotonic() - began_s < 2.0
    thread.join()


def test_a_long_call_can_be_left_before_its_deadline(bench: Bench) -> None:
    timer = threading.Timer(0.2, bench.calls.leave_behind, [0.1])
    timer.start()
    began_s = time.monotonic()
    with pytest.raises(CallHangs, match="mirror: settle"):
        bench.hang(20.0)
    assert time.monotonic() - began_s < 2.0
    bench.calls.leave_behind(0.1)
    assert bench.calls.run("lamp", "set", lambda: "dark", 1.0) == "dark"


def test_a_call_inside_a_call_does_not_wait_for_itself(bench: Bench) -> None:
    run = bench.calls.run
    assert run("a", "read", lambda: run("b", "read", lambda: 7, 1.0), 1.0) == 7


def test_a_simulated_device_that_computes_is_slow_and_does_not_hang(bench: Bench) -> None:
    def compute() -> str:
        """Compute for twice the deadline: in what share of it, the machine's other work decides."""
        end_s = time.monotonic() + 2.0
        while time.monotonic() < end_s:
            pass
        return "frames"

    bench.calls.simulated = True
    assert bench.calls.run("camera", "capture", compute, 1.0) == "frames"
    with pytest.raises(CallHangs, match="mirror: settle"):
        bench.hang(0.05)
    bench.calls.simulated = False
    with pytest.raises(CallHangs, match="camera: capture"):
        bench.calls.run("camera", "capture", compute, 1.0)


def test_a_picture_on_another_thread_gets_on_as_well(bench: Bench) -> None:
    def picture() -> Pixels:
        end_s = time.monotonic() + 2.0
        while time.monotonic() < end_s:
            pass
        return np.zeros((2, 2), np.uint16)

    bench.calls.simulated = True
    exposing = Exposing(picture)
    taken = bench.calls.run("camera", "capture", lambda: exposing.take(threading.Event()), 1.0)
    assert taken is not None
    waiting = Exposing(lambda: picture() if bench.go.wait(3.0) else np.zeros((1, 1), np.uint16))
    with pytest.raises(CallHangs, match="camera: capture"):
        bench.calls.run("camera", "capture", lambda: waiting.take(threading.Event()), 0.5)


def test_a_picture_that_is_there_before_the_thread_that_waits_for_it_runs_again_hangs_not(
    bench: Bench,
) -> None:
    def picture() -> Pixels:
        end_s = time.monotonic() + 0.7
        while time.monotonic() < end_s:
            pass
        return np.zeros((2, 2), np.uint16)

    def take() -> Pixels | None:
        taken = Exposing(picture).take(threading.Event())
        time.sleep(0.4)
        return taken

    bench.calls.simulated = True
    assert bench.calls.run("camera", "capture", take, 0.5) is not None


def test_several_calls_in_one_go_give_all_answers_on_one_thread(bench: Bench) -> None:
    steps = [(f"read {i}", lambda i=i: (i, threading.get_ident())) for i in range(4)]
    found = bench.calls.run_each("z", steps, 1.0)
    assert [i for i, _ in found] == [0, 1, 2, 3]
    assert len({thread for _, thread in found}) == 1
    assert bench.calls.run_each("z", [], 1.0) == []
    inner = bench.calls.run("z", "set", lambda: bench.calls.run_each("z", steps, 1.0), 1.0)
    assert inner == found, "within a call of the same driver"


def test_each_of_several_calls_has_a_deadline_of_its_own(bench: Bench) -> None:
    """Together they take longer than one may."""
    steps = [(f"read {i}", lambda: bench.go.wait(0.15)) for i in range(4)]
    assert bench.calls.run_each("z", steps, 0.4) == [False] * 4
    assert not bench.hangs


def test_the_one_of_several_calls_that_hangs_is_named_and_none_follows(bench: Bench) -> None:
    made: list[str] = []
    steps = [
        ("read x", lambda: made.append("x")),
        ("read y", lambda: bench.go.wait(30)),
        ("read z", lambda: made.append("z")),
    ]
    with pytest.raises(CallHangs, match=r"mirror: read y has not returned for 0\.05 s"):
        bench.calls.run_each("mirror", steps, 0.05)
    assert bench.hangs == [Hang("mirror", "read y", 0.05)]
    assert bench.calls.run("lamp", "set", lambda: "dark", 1.0) == "dark"
    bench.go.set()
    until_s = time.monotonic() + 5
    while time.monotonic() < until_s:
        try:
            bench.calls.run("mirror", "read", lambda: 7, 1.0)
            break
        except CallHangs:
            time.sleep(0.01)
    assert made == ["x"], "what came back late goes no further"


def test_an_error_in_one_of_several_calls_keeps_those_after_it(bench: Bench) -> None:
    made: list[str] = []

    def fail() -> None:
        raise ValueError("no answer")

    with pytest.raises(ValueError, match="no answer"):
        bench.calls.run_each("z", [("a", fail), ("b", lambda: made.append("b"))], 1.0)
    assert not made


class Asleep:
    """Time as a process sees it that did not run for a while."""

    def __init__(self) -> None:
        self.asleep_s = 0.0
        self.thread_time = time.thread_time

    def monotonic(self) -> float:
        return time.monotonic() + self.asleep_s


def test_time_in_which_the_process_was_stopped_is_nobodys_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Asleep()
    monkeypatch.setattr("hil.rig.calls.driver_calls.time", clock)
    bench = Bench()

    def capture() -> str:
        clock.asleep_s = 300.0  # stopped in the middle, and gone on with
        bench.go.wait(0.8)
        return "frame"

    assert bench.calls.run("camera", "capture", capture, 60.0) == "frame"
    assert bench.hangs == []
    with pytest.raises(CallHangs):  # what is left of the deadline holds
        bench.calls.run("camera", "capture", lambda: bench.go.wait(30), 0.2)
    bench.go.set()
    bench.calls.close()


def test_brief_calls_run_here_where_all_is_in_memory(bench: Bench) -> None:
    assert bench.calls.run_brief("z", "read", threading.get_ident, 1.0) != threading.get_ident()
    bench.calls.in_memory = True
    assert bench.calls.run_brief("z", "read", threading.get_ident, 1.0) == threading.get_ident()
    steps = [("read", threading.get_ident)] * 2
    assert bench.calls.run_each("z", steps, 1.0) == [threading.get_ident()] * 2
    assert bench.calls.run("z", "capture", threading.get_ident, 1.0) != threading.get_ident()
