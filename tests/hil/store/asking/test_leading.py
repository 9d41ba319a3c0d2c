"""Lists of sessions name what a session's report names, however many are listed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hil.ranking.shown import shown
from hil.records.session import SessionState
from hil.records.trial import Proposal, TrialKind, TrialState
from hil.session.result import shown_of
from hil.store import Database, NewSession
from hil.store.asking.leading import KEPT, NAMES, to_json
from tests.hil.store.conftest import Run, TestClock, assessment

Sessions = Callable[..., str]


@pytest.fixture
def made(
    db: Database,
    clock: TestClock,
    new_session: Callable[..., NewSession],
    make_run: Callable[..., Run],
) -> Sessions:
    """Make a session of trials: kind, place, bits, and what is above nought is broken."""

    def make(
        *trials: tuple[TrialKind, float, float, float], end: SessionState | None = None
    ) -> str:
        key = db.create_session(new_session())
        with db.store(key, controller=key[-6:], clock=clock) as store:
            run = make_run(store)
            for kind, place, bits, broken in trials:
                settings = {"Z.position_um": place}
                trial = store.propose(lambda *_, k=kind, s=settings: Proposal(k, s))
                store.applied(trial, clock.now(), settings)
                for index in range(run.n_fields):
                    store.frames(trial, run.pixels(index))
                store.captured(trial, clock.now(), device_s=0.5)
                found = replace(assessment(bits), constraints={"dose": broken, "flags": 0.0})
                store.estimated(trial, clock.now(), found)
                store.finish(trial, TrialState.COMPLETE, clock.now())
            run.failed("late", **{"Z.position_um": 99.0})
            if end is not None:
                store.session_state(end, clock.now())
        return key

    return make


CASES: Mapping[str, tuple[tuple[TrialKind, float, float, float], ...]] = {
    "simply searched": (("search", 1, 0.5, -1), ("search", 2, 0.7, -1), ("search", 3, 0.6, -1)),
    "the highest breaks a constraint": (("search", 1, 0.5, -1), ("search", 2, 0.9, 0.1)),
    "every trial breaks one": (("search", 1, 0.5, 1), ("search", 2, 0.9, 1)),
    "the same settings twice": (("search", 1, 0.9, -1), ("search", 1, 0.1, -1), ("search", 2, 0.6, -1)),
    "leaders measured again": (
        *(("search", 1, 0.9, -1), ("search", 2, 0.8, -1)),
        *(("again", 1, 0.5, -1), ("again", 2, 0.7, -1), ("again", 1, 0.5, -1), ("again", 2, 0.7, -1)),
    ),
    "a number that stands for infinity": (("search", 1, 0.5, -1), ("search", 2, math.inf, 1)),
    "none": (),
}  # fmt: skip


def same(row: pd.Series, expected: object) -> None:
    told = {name: row[name] for name in NAMES}
    if expected is None:
        assert all(pd.isna(value) for value in told.values()), told
        return
    for column, name in NAMES.items():
        assert told[column] == pytest.approx(getattr(expected, name)), (column, told)


@pytest.mark.parametrize("name", CASES)
def test_it_is_what_the_report_shows(db: Database, made: Sessions, name: str) -> None:
    key = made(*CASES[name])
    made(("search", 5, 0.3, -1), end=SessionState.COMPLETE)
    for table in (db.sessions(), db.sessions(limit=2), db.sessions(where=["name = sharpen"])):
        same(table.set_index("session_id").loc[key], shown_of(db, key))


def test_what_a_session_kept_at_its_end_counts_until_it_goes_on(
    db: Database, made: Sessions, clock: TestClock
) -> None:
    key = made(*CASES["leaders measured again"], end=SessionState.COMPLETE)
    best = shown(db.rows(key))
    assert best is not None
    db.keep_extra(key, KEPT, {**to_json(best), "objective": 0.42})
    assert db.sessions()["best"].iloc[0] == 0.42
    with db.store(key, controller="again", clock=clock) as store:
        store.session_state(SessionState.RUNNING, clock.now(), "resumed")
        assert db.sessions()["best"].iloc[0] == pytest.approx(best.objective)


def test_of_an_ended_session_that_kept_nothing_its_winner_counts(
    db: Database, made: Sessions, clock: TestClock
) -> None:
    key = made(*CASES["simply searched"], end=SessionState.COMPLETE)
    with db.store(key, controller="late", clock=clock) as store:
        said = {"number": 2, "objective": 0.55, "ci_low": 0.5, "ci_high": 0.6, "probability": 0.9}
        store.event("winner", clock.now(), said)
    row = db.sessions().iloc[0]
    assert [row[name] for name in NAMES] == [0.55, 2, 0.5, 0.6]


def test_conditions_and_order_go_by_the_same_number(db: Database, made: Sessions) -> None:
    keys = [made(*trials) for trials in CASES.values()]
    keys.append(made(("search", 5, 0.3, -1), end=SessionState.COMPLETE))
    expected = {key: shown_of(db, key) for key in keys}
    values = {key: -9.0 if one is None else one.objective for key, one in expected.items()}
    for limit in (None, 100):
        ordered = db.sessions(sort="-best", limit=limit)
        found = ordered["best"].fillna(-9.0).to_numpy()
        assert np.all(np.diff(found) <= 0) and len(found) == len(keys)
        above = db.sessions(where=["best > 0.55", "best_low > 0"], limit=limit)
        assert set(above["session_id"]) == {key for key, value in values.items() if value > 0.55}
    cut = db.sessions(sort="-best", limit=3)
    rest = db.sessions(sort="-best", after=cut["session_id"].iloc[-1])
    assert [*cut["session_id"], *rest["session_id"]] == list(ordered["session_id"])
