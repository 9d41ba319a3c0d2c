"""Pages: put together they are the whole, in order, each row once, whatever comes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from hil.errors import InputError
from hil.store import Database, NewSession
from tests.hil.store.conftest import Run, TestClock


@pytest.fixture
def two(db: Database, new_session: Callable[..., NewSession]) -> list[str]:
    """Two sessions that propose at the very same times, some with equal objectives, some failed."""
    keys = []
    for name in ("one", "two"):
        keys.append(db.create_session(new_session(name=name, at=datetime(2026, 1, 1, tzinfo=UTC))))
        clock = TestClock()
        with db.store(keys[-1], controller="scope", clock=clock) as store:
            run = Run(store, clock, n_fields=1)
            for value in (1.0, 2.0, 1.0):
                run.complete(value, **{"stage.x_um": value, "wheel.label": "a"})
            run.failed("late", **{"stage.x_um": 5.0})
    return keys


@pytest.mark.parametrize(
    "sort", [None, "objective", "-objective", "stage.x_um", "-reason", "-n_frames"]
)
def test_pages_of_trials(db: Database, two: list[str], sort: str | None) -> None:
    whole = [(row.session_id, row.number) for row in db.trials(sort=sort).itertuples()]
    for size in (1, 3):
        paged: list[tuple[str, int]] = []
        while True:
            last = f"{paged[-1][0]}/{paged[-1][1]}" if paged else None
            part = db.trials(sort=sort, limit=size, after=last)
            if not len(part):
                break
            paged += [(row.session_id, row.number) for row in part.itertuples()]
        assert paged == whole
    assert len(set(whole)) == 8


def test_pages_within_a_session(db: Database, two: list[str]) -> None:
    assert list(db.trials(two[0], after=1)["number"]) == [2, 3]
    assert list(db.trials(two[0], sort="-objective", after=f"{two[0]}/1")["number"]) == [0, 2, 3]
    (table,) = [part for part in db.trial_parts(two[0], after=2) if part.num_rows]
    assert table["number"].to_pylist() == [3]
    assert list(db.trials(two[0], where=["state = COMPLETE"], after=0)["number"]) == [1, 2]


def test_pages_of_sessions(db: Database, two: list[str]) -> None:
    whole = list(db.sessions()["session_id"])
    assert list(db.sessions(limit=1)["session_id"]) == whole[:1]
    assert list(db.sessions(after=whole[0])["session_id"]) == whole[1:]
    by_name = list(db.sessions(sort="name")["name"])
    assert list(db.sessions(sort="name", after=two[0])["name"]) == by_name[1:]


@pytest.mark.parametrize("after", ["x", "-1", "1e3", "", "ffff/0", "99", "0/0/0"])
def test_rows_that_are_not_there(db: Database, two: list[str], after: str) -> None:
    with pytest.raises(InputError):
        db.trials(two[0], after=after)
    with pytest.raises(InputError):
        db.trials(after=after)


def test_a_trial_of_another_session(db: Database, two: list[str]) -> None:
    with pytest.raises(InputError, match="another session"):
        db.trials(two[0], after=f"{two[1]}/0")
