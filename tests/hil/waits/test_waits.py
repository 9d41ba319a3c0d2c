"""What is waited for is told once it lasts, and when it is over; own work is no wait."""

from __future__ import annotations

import math
import threading
import time

import pytest

from hil.waits.waits import AGAIN_S, SAY_AFTER_S, Waits


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Give one that nobody watches: the test asks it."""
    made = Waits()
    monkeypatch.setattr(made, "_start", lambda: None)
    return made


def later(seconds: float) -> float:
    return time.monotonic() + seconds


def test_a_short_wait_is_not_told(waits: Waits) -> None:
    with waits.waiting("the database"):
        assert waits.look(later(0.9 * SAY_AFTER_S)) == []
    assert waits.look(later(60)) == []


def test_a_wait_is_told_once_with_why_and_limit_and_when_it_is_over(waits: Waits) -> None:
    with waits.waiting("the database", 600) as wait:
        wait.why = "disk full"
        (line,) = waits.look(later(4))
        assert line.startswith("waiting for the database: disk full (4.0 s")
        assert "10 min at most" in line
        assert waits.look(later(5)) == []
        assert len(waits.look(later(4 + AGAIN_S + 1))) == 1
    (line,) = waits.look(later(200))
    assert line.startswith("the database answers again, after 3 min")
    assert waits.look(later(300)) == []


def test_another_reason_is_told(waits: Waits) -> None:
    with waits.waiting("the database") as wait:
        assert "no answer" in waits.look(later(4))[0]
        wait.why = "locked"
        assert "locked" in waits.look(later(5))[0]


def test_a_wait_that_ends_in_an_error_did_not_answer(waits: Waits) -> None:
    with pytest.raises(OSError), waits.waiting("the database"):
        waits.look(later(4))
        raise OSError
    assert waits.look(later(5)) == []


def test_waits_for_the_same_are_one_line(waits: Waits) -> None:
    with waits.waiting("the database"), waits.waiting("the database"):
        assert len(waits.look(later(4))) == 1
        with waits.waiting("the database"):
            pass
        assert waits.look(later(5)) == []  # one of them still waits


def test_own_work_is_no_wait(waits: Waits) -> None:
    with waits.waiting("the database") as wait:
        wait.since_s -= 100
        with waits.own_work():
            assert waits.look(later(0)) == []
        assert waits.look(later(0)) == []  # it begins anew
    with waits.own_work():
        pass


def test_who_goes_on_by_another_way_tells_nothing(waits: Waits) -> None:
    with waits.waiting("the database", 5.0, math.inf):
        assert waits.look(later(1000)) == []


def test_the_inner_listener_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.waits.waits._LOOK_S", 0.01)
    waits, outer, inner = Waits(), list[str](), list[str]()
    there = threading.Event()

    def tell(line: str) -> None:
        inner.append(line)
        there.set()

    with waits.told_to(outer.append), waits.told_to(tell), waits.waiting("it", after_s=0.0):
        assert there.wait(10)
    assert inner[0].startswith("waiting for it")
    assert not outer


def test_the_watching_thread_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.waits.waits._LOOK_S", 0.001)
    waits = Waits()
    for _ in range(2):  # and begins again
        with waits.waiting("it"):
            assert waits._watches
        deadline = time.monotonic() + 10
        while waits._watches and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not waits._watches


def test_where_no_thread_is_to_be_had_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    waits = Waits()
    with waits.waiting("it"):
        done = True
    assert done
    assert not waits._watches
