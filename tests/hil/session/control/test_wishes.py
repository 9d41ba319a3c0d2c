"""What is asked counts once, by whatever way it comes."""

from __future__ import annotations

from hil.records.request import Wish, ask
from hil.session.control.wishes import Wishes
from hil.supervision.stop import StopSwitch


def test_a_request_that_comes_twice_counts_once() -> None:
    wishes = Wishes(StopSwitch())
    pause, go_on = ask(Wish.PAUSE, "a drill"), ask(Wish.CONTINUE, "")
    wishes.obey([pause])
    assert str(wishes.hold) == f"a drill ({pause.by})"
    wishes.obey([pause, go_on])
    assert wishes.hold is None
    wishes.obey([pause, go_on, pause])
    assert wishes.hold is None
    assert wishes.continued_by == go_on.by


def test_what_an_earlier_process_was_asked_is_forgotten() -> None:
    stop = StopSwitch()
    wishes = Wishes(stop)
    old = [ask(Wish.PAUSE, "old"), ask(Wish.STOP, "old"), ask(Wish.APPROVE, "old", 1)]
    wishes.forget(old)
    wishes.obey(old)
    assert (wishes.hold, stop.reason, wishes.verdict(1)) == (None, "", None)
    wishes.obey([ask(Wish.STOP, "new")])
    assert stop.reason == "new"


def test_the_first_reason_and_the_first_verdict_stay() -> None:
    wishes = Wishes(StopSwitch())
    wishes.pause("three failures")
    wishes.obey([ask(Wish.PAUSE, "a drill")])
    assert str(wishes.hold) == "three failures"
    yes, no = ask(Wish.APPROVE, "", 4), ask(Wish.REFUSE, "", 4)
    wishes.obey([yes, no])
    assert wishes.verdict(4) == yes


def test_at_the_end_nothing_more_is_heard() -> None:
    wishes = Wishes(StopSwitch())
    wishes.pause("a drill")
    wishes.close()
    wishes.obey([ask(Wish.PAUSE, "late")])
    assert wishes.hold is None


def test_what_another_controller_waits_for_yields_to_what_is_asked_here() -> None:
    wishes = Wishes(StopSwitch())
    wishes.follow("an interlock is open")
    assert wishes.hold is not None
    assert wishes.hold.theirs
    wishes.follow("")
    assert wishes.hold is None
    wishes.follow("an interlock is open")
    pause = ask(Wish.PAUSE, "a drill")
    wishes.obey([pause])
    wishes.follow("")
    assert str(wishes.hold) == f"a drill ({pause.by})"
    wishes.obey([ask(Wish.CONTINUE, "")])
    assert wishes.hold is None
