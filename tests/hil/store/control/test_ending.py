"""Of several controllers the last one says how their session ends."""

from __future__ import annotations

from pathlib import Path

from hil.clock import SystemClock
from hil.records.session import SessionState
from hil.store import Holder
from tests.hil.session_bench import Bench


def test_of_two_that_end_the_second_is_the_last(tmp_path: Path) -> None:
    bench, clock = Bench(tmp_path), SystemClock()
    session = bench.run(trials=1).session_id
    with bench.database() as one, bench.database() as two:
        # The first has its rig before there is a session, as in `hil run`.
        one.acquire_lease("one", Holder.this_process(), clock.now())
        two.acquire_lease("two", Holder.this_process(session_id=session), clock.now())
        with (
            one.store(session, controller="one", clock=clock) as first,
            two.store(session, controller="two", clock=clock) as second,
        ):
            first.session_state(SessionState.RUNNING, clock.now())
            first.announce(SessionState.PAUSED, clock.now(), "oil", "paused", {})
            second.session_state(SessionState.FAILED, clock.now(), "its lamp")
            assert one.session(session).state is SessionState.PAUSED
            first.session_state(SessionState.STOPPED, clock.now(), "enough")
            assert one.session(session).state is SessionState.STOPPED
    assert bench.events()[-2:] == ["paused", "left"]


def test_a_dead_controller_does_not_keep_a_session_from_its_end(tmp_path: Path) -> None:
    bench, clock = Bench(tmp_path), SystemClock()
    session = bench.run(trials=1).session_id
    gone = Holder.this_process(session_id=session)
    dead = Holder(gone.host, 2**22 + 1, 1.0, "controller", session)
    with bench.database() as one:
        one.acquire_lease("two", dead, clock.now())
    with bench.database() as one:
        one.acquire_lease("one", gone, clock.now())
        with one.store(session, controller="one", clock=clock) as store:
            store.session_state(SessionState.RUNNING, clock.now())
            store.session_state(SessionState.STOPPED, clock.now(), "enough")
        assert one.session(session).state is SessionState.STOPPED
