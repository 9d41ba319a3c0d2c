"""Questions: by setting, outcome, tag, note and time, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from hil.errors import InputError
from hil.store import Database, NewSession


@pytest.fixture
def asked(db: Database, run: Any, session_id: str) -> Database:
    """Trials 0 to 3 complete, 4 failed before a read-back."""
    for number, (z_um, label) in enumerate([(5.0, "FITC"), (15.0, "DAPI"), (25.0, "2"), (2.0, "")]):
        settings = {"Z.position_um": z_um, "Filter 100%.Label": label}
        run.complete(bits=[1.0, 3.0, 2.0, 0.5][number], **settings)
    run.failed("Z did not settle: TIMEOUT", **{"Z.position_um": 30.0})
    db.tag(session_id, "night", "oil's", number=1)
    db.tag(session_id, "night", number=2)
    db.note(session_id, "50% brighter", number=0)
    return db


class Case(NamedTuple):
    where: tuple[str, ...]
    numbers: tuple[int, ...]


CASES = (
    Case((), (0, 1, 2, 3, 4)),
    Case(("Z.position_um > 10",), (1, 2)),
    Case(("Z.position_um > 10", "Z.position_um <= 15"), (1,)),
    Case(("Z.position_um = 2",), (3,)),
    Case(("Z.position_um != 2",), (0, 1, 2)),
    Case(("Filter 100%.Label = 2",), (2,)),
    Case(("Filter 100%.Label = fitc",), ()),
    Case(("Filter 100%.Label ~ fit",), (0,)),
    Case(("Filter 100%.Label != DAPI",), (0, 2, 3)),
    Case(("Filter 100%.Label = ''",), (3,)),
    Case(("state = COMPLETE",), (0, 1, 2, 3)),
    Case(("state != COMPLETE",), (4,)),
    Case(("reason ~ timeout",), (4,)),
    Case(("reason ~ %",), ()),
    Case(("note ~ 50%",), (0,)),
    Case(("tags = night",), (1, 2)),
    Case(("tag = oil's",), (1,)),
    Case(("tags != night",), (0, 3, 4)),
    Case(("tags ~ OIL",), (1,)),
    Case(("tags = nigh",), ()),
    Case(("objective >= 2", "objective < 3"), (2,)),
    Case(("number < 2",), (0, 1)),
    Case(("session_name = sharpen",), (0, 1, 2, 3, 4)),
    Case(("rig = other",), ()),
    Case(("n_frames = 6",), (0, 1, 2, 3)),
    Case(("proposed_at > 2026-01-01",), (0, 1, 2, 3, 4)),
    Case(("finished_at < 2025-12-31T23:00:00+01:00",), ()),
    Case(("state = x' OR 1=1 --",), ()),
)


def test_where(asked: Database, session_id: str) -> None:
    for case in CASES:
        found = asked.trials(session_id, where=case.where)
        assert tuple(found["number"]) == case.numbers, case.where


class Order(NamedTuple):
    sort: str
    limit: int | None
    numbers: tuple[int, ...]


ORDERS = (
    Order("-objective", None, (1, 2, 0, 3, 4)),
    Order("objective", 2, (3, 0)),
    Order("Z.position_um", None, (3, 0, 1, 2, 4)),
    Order("-Z.position_um", 1, (2,)),
    Order("-number", 1, (4,)),
)


def test_sort_puts_trials_without_a_value_last(asked: Database, session_id: str) -> None:
    for order in ORDERS:
        found = asked.trials(session_id, sort=order.sort, limit=order.limit)
        assert tuple(found["number"]) == order.numbers, order.sort


class Wrong(NamedTuple):
    arguments: dict[str, Any]
    problem: str


WRONG = (
    Wrong({"where": ["Z.positon_um > 1"]}, "did you mean 'Z.position_um'?"),
    Wrong({"where": ["Z.position_um > high"]}, "'high' is not a number"),
    Wrong({"where": ["objective = high"]}, "'high' is not a number"),
    Wrong({"where": ["objective ~ 1"]}, "objective takes no ~"),
    Wrong({"where": ["tags > a"]}, "tags takes no >"),
    Wrong({"where": ["proposed_at > yesterday"]}, "is not a time"),
    Wrong({"where": ["requested = 1"]}, "unknown name 'requested'"),
    Wrong({"sort": "objectiv"}, "did you mean 'objective'?"),
    Wrong({"sort": "requested"}, "unknown"),
)


def test_what_cannot_be_asked_is_said(asked: Database, session_id: str) -> None:
    for case in WRONG:
        with pytest.raises(InputError) as caught:
            asked.trials(session_id, **case.arguments)
        assert case.problem in str(caught.value), case


def test_an_empty_session_has_the_same_columns_and_types(
    db: Database, session_id: str, run: Any
) -> None:
    empty = db.trials(session_id)
    run.complete()
    full = db.trials(session_id)
    assert list(full.columns)[: len(empty.columns)] == list(empty.columns)
    for name in ("proposed_at", "finished_at"):
        assert str(empty[name].dtype).endswith("UTC]")
    assert db.estimates("last").shape[0] == 1
    assert db.events("last").empty


def test_trials_of_all_sessions(db: Database, run: Any, new_session: Any, clock: Any) -> None:
    run.complete(**{"Z.position_um": 1.0})
    other = db.create_session(new_session(name="second"))
    with db.store(other, controller="b", clock=clock) as opened:
        type(run)(opened, clock).complete(**{"mirror.z4_nm": 2.0})
    frame = db.trials()
    assert list(frame["session_name"]) == ["sharpen", "second"]
    assert list(frame["Z.position_um"].notna()) == [True, False]
    assert list(db.trials(where=["mirror.z4_nm = 2"])["session_name"]) == ["second"]


def test_sessions_by_name_tag_note_and_time(
    db: Database, new_session: Callable[..., NewSession]
) -> None:
    morning = datetime(2026, 3, 1, 8, tzinfo=UTC)
    ids = [
        db.create_session(new_session(name=name, at=morning + timedelta(days=day)))
        for day, name in enumerate(["first", "second", "third"])
    ]
    db.tag(ids[1], "night")
    db.note(ids[2], "new oil")
    cases = (
        Case((), (2, 1, 0)),
        Case(("name = first",), (0,)),
        Case(("tag = night",), (1,)),
        Case(("note ~ OIL",), (2,)),
        Case(("created_at >= 2026-03-02T08:00:00",), (2, 1)),
        Case(("state = RUNNING", "n_complete = 0"), (2, 1, 0)),
    )
    for case in cases:
        found = [ids.index(key) for key in db.sessions(where=case.where)["session_id"]]
        assert tuple(found) == case.numbers, case
    assert db.session_id("last") == ids[2]
    assert db.sessions(limit=1)["name"].tolist() == ["third"]


def test_a_limit_beyond_all_rows_is_none_and_none_is_below_zero(
    asked: Database, session_id: str
) -> None:
    assert len(asked.trials(session_id, limit=10**30)) == 5
    assert len(asked.sessions(limit=10**30)) == 1
    assert len(asked.events(session_id, newest=10**30)) == len(asked.events(session_id))
    for ask in (asked.trials, asked.sessions):
        with pytest.raises(InputError, match="-1, allowed: 0 or more"):
            ask(limit=-1)
