"""Times are UTC whatever the zone of computer and server: an hour that comes twice is two hours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from hil.records.session import SessionState
from hil.store import Database, NewSession, open_database
from tests.hil.store.conftest import Run, TestClock

# In Berlin it is 02:30 twice in that night, and in the other it is never 02:30.
AUTUMN = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
SPRING = datetime(2026, 3, 29, 0, 59, 50, tzinfo=UTC)


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    monkeypatch.setenv("PGTZ", "America/St_Johns")  # half an hour off all others
    if hasattr(time, "tzset"):
        time.tzset()
    yield
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.mark.parametrize("began", [AUTUMN, SPRING], ids=["twice", "never"])
def test_the_night_the_clocks_change(
    url: str,
    new_session: Callable[..., NewSession],
    make_run: Callable[..., Run],
    clock: TestClock,
    began: datetime,
) -> None:
    clock.time = began
    local = began.astimezone(ZoneInfo("Europe/Berlin"))
    with open_database(url, create=True) as db:
        key = db.create_session(new_session(at=local))
        with db.store(key, controller="scope", clock=clock) as store:
            run = make_run(store)
            run.complete(0.5)
            clock.time += timedelta(hours=1)
            run.complete(0.6)
            store.session_state(SessionState.COMPLETE, clock.now(), "done")
        trials, session = db.trials(key), db.sessions().iloc[0]
        assert session["created_at"] == pd.Timestamp(began)
        assert session["finished_at"] == pd.Timestamp(clock.time)
        between = trials["proposed_at"].diff().iloc[1]
        assert timedelta(hours=1) < between < timedelta(hours=1, minutes=1)
        assert all(0 < took < 60 for took in trials["total_s"])
        after = f"proposed_at > {began + timedelta(minutes=30):%Y-%m-%dT%H:%M}"
        assert list(db.trials(key, where=[after])["number"]) == [1]
        assert list(db.trials(key, sort="-proposed_at")["number"]) == [1, 0]


def test_a_clock_that_is_set_back_makes_no_time_negative(
    db: Database,
    new_session: Callable[..., NewSession],
    make_run: Callable[..., Run],
    clock: TestClock,
) -> None:
    key = db.create_session(new_session(at=clock.now()))
    with db.store(key, controller="scope", clock=clock) as store:
        run = make_run(store)
        run.complete(0.7, **{"Z.position_um": 1.0})
        clock.time -= timedelta(hours=1)
        run.complete(0.6, **{"Z.position_um": 2.0})
        store.session_state(SessionState.COMPLETE, clock.now(), "done")
    assert list(db.trials(key, sort="number")["number"]) == [0, 1]
    assert all(took >= 0 for took in db.trials(key)["total_s"])
    assert db.sessions()["best_trial"].iloc[0] == 0
