"""A pause is dark before it is said, and ends as it is asked to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hil.clock import SystemClock
from hil.errors import HilError
from hil.records.request import Wish, ask
from hil.session.control.pausing import Pausing
from hil.session.control.wishes import Wishes
from hil.supervision.stop import StopSwitch


class Rows:
    """Notes what is written, and what the lamp did."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def announce(self, state: Any, at: datetime, reason: str, kind: str, detail: Any) -> None:
        self.done += [f"{state} {reason}".strip(), kind]


class Ahead(SystemClock):
    """A clock that is put forward."""

    ahead_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s


class Bench:
    def __init__(self, timeout_s: float | None = None) -> None:
        self.rows, self.stop, self.clock = Rows(), StopSwitch(), Ahead()
        self.wishes = Wishes(self.stop)
        self.pausing = Pausing(
            self.wishes,
            self.stop,
            lambda: self.rows.done.append("dark"),
            lambda: self.rows.done.append("lamp off"),
            self.rows,
            self.clock,
            timeout_s,
        )

    def hold(self, look: Any = lambda: None) -> bool:
        return self.pausing.hold(look, lambda: False)


def test_a_session_that_nobody_pauses_does_not_wait() -> None:
    bench = Bench()
    assert not bench.hold()
    assert bench.rows.done == []


def test_it_waits_in_the_dark_until_it_goes_on() -> None:
    bench = Bench()
    bench.wishes.pause("a drill")
    looks = iter(range(10))

    def look() -> None:
        if next(looks) == 2:
            bench.wishes.obey([ask(Wish.CONTINUE, "")])

    assert bench.hold(look)
    bench.pausing.announcing.finish()
    assert bench.rows.done == ["dark", "PAUSED a drill", "paused", "RUNNING", "continued"]


def test_who_lets_it_go_on_where_it_must_not_is_told_why_and_it_waits() -> None:
    bench, reasons = Bench(), ["the rig file differs"] * 3
    bench.pausing.why_not_go_on = lambda: reasons[0] if reasons else ""
    bench.wishes.pause("a drill")
    looks = iter(range(100))

    def look() -> None:
        match next(looks):
            case 2 | 4 | 8:
                bench.wishes.obey([ask(Wish.CONTINUE, "")])
            case 6:
                reasons.clear()

    assert bench.hold(look)
    bench.pausing.announcing.finish()
    paused = ["PAUSED a drill", "paused", "PAUSED the rig file differs", "paused"]
    assert bench.rows.done == ["dark", *paused, "RUNNING", "continued"]


def test_a_stop_ends_it_without_going_on() -> None:
    bench = Bench()
    bench.wishes.pause("a drill")
    assert bench.hold(lambda: bench.stop.press("terminated"))
    bench.pausing.announcing.finish()
    assert bench.rows.done == ["dark", "PAUSED a drill", "paused"]


def test_nobody_ends_it() -> None:
    bench = Bench(timeout_s=60)
    bench.wishes.pause("a drill")

    def look() -> None:
        bench.clock.ahead_s += 25

    bench.hold(look)
    assert bench.stop.reason == "nobody let it go on within 60 s: a drill"


def test_a_lamp_that_comes_on_by_itself_is_put_out_again() -> None:
    bench = Bench()
    bench.wishes.pause("a drill")
    looks = iter([1.0, 1.0, 11.0, 1.0, 11.0])

    def look() -> None:
        ahead_s = next(looks, None)
        if ahead_s is None:
            bench.wishes.obey([ask(Wish.CONTINUE, "")])
        else:
            bench.clock.ahead_s += ahead_s

    assert bench.hold(look)
    assert bench.rows.done.count("lamp off") == 2


def test_devices_at_work_have_their_time_and_then_the_light_goes() -> None:
    bench = Bench()
    bench.pausing.watch()
    assert not bench.pausing.spoilt
    bench.wishes.pause("a drill")
    bench.pausing.watch()
    assert bench.rows.done == []
    bench.clock.ahead_s = 0.9
    bench.pausing.watch()
    assert bench.pausing.spoilt
    assert bench.rows.done == ["lamp off"]


def test_light_that_was_taken_away_is_set_up_again_though_the_pause_is_over() -> None:
    bench = Bench()
    bench.wishes.pause("a drill")
    bench.pausing.watch()
    bench.clock.ahead_s = 0.9
    bench.pausing.watch()
    bench.wishes.obey([ask(Wish.CONTINUE, "")])
    assert not bench.hold()
    assert bench.rows.done == ["lamp off", "dark"], "from which the next work sets up"
    assert not bench.pausing.spoilt


def test_who_waits_with_another_says_nothing_unless_it_is_let_go_on_itself() -> None:
    bench = Bench()
    bench.wishes.follow("an interlock is open")
    assert bench.hold(lambda: bench.wishes.follow(""))
    bench.pausing.announcing.finish()
    assert bench.rows.done == ["dark"]
    bench.wishes.follow("an interlock is open")
    assert bench.hold(lambda: bench.wishes.obey([ask(Wish.CONTINUE, "")]))
    bench.pausing.announcing.finish()
    assert bench.rows.done == ["dark", "dark", "RUNNING", "continued"]


def test_without_a_guardian_the_lamp_is_off_at_once_and_nothing_is_announced() -> None:
    bench = Bench()
    guarded = [False]
    bench.pausing.guarded = lambda: guarded[0]
    bench.pausing.watch()
    assert bench.pausing.spoilt
    assert bench.rows.done == ["lamp off"]
    looks = iter(range(10))

    def look() -> None:
        guarded[0] = next(looks) == 2

    assert not bench.hold(look)
    assert next(looks) == 3
    assert bench.rows.done[1] == "dark"
    assert set(bench.rows.done) == {"lamp off", "dark"}


def test_a_session_without_a_guardian_for_long_ends() -> None:
    bench = Bench()
    bench.pausing.guarded = lambda: False

    def look() -> None:
        bench.clock.ahead_s += 50

    with pytest.raises(HilError, match="no guardian process starts"):
        bench.hold(look)
