"""One thread for all hardware, while the caller's keeps watch."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from hil.rig.device_thread import DeviceThread


@pytest.fixture
def thread() -> Iterator[DeviceThread]:
    made = DeviceThread()
    yield made
    made.close()


def test_all_work_runs_on_one_other_thread(thread: DeviceThread) -> None:
    seen = {thread.run(threading.get_ident) for _ in range(5)}
    assert len(seen) == 1
    assert threading.get_ident() not in seen


def test_work_inside_work_does_not_wait_for_itself(thread: DeviceThread) -> None:
    assert thread.run(lambda: thread.run(lambda: 7)) == 7


@pytest.mark.parametrize("error", [ValueError, TimeoutError])
def test_what_work_raises_reaches_the_caller(thread: DeviceThread, error: type[Exception]) -> None:
    def fail() -> None:
        raise error("late")

    with pytest.raises(error, match="late"):
        thread.run(fail)
    assert thread.busy_s() == 0


def test_the_caller_watches_until_the_work_is_done(thread: DeviceThread) -> None:
    go, busy_s = threading.Event(), []

    def watch() -> None:
        busy_s.append(thread.busy_s())
        go.set()

    assert thread.run(lambda: go.wait(10), watch)
    assert busy_s[0] > 0
    assert thread.busy_s() == 0
