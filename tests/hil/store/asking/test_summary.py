"""The questions that people ask of 100,000 trials are answered from an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event, insert

from hil.store import Database, NewSession
from hil.store.engine import writing
from hil.store.models import SETTING, TRIAL

N_TRIALS = 100_000

_COLUMNS = (
    "id, session_id, number, kind, state, reason, requested, distributions, sampler_attrs,"
    " intermediate, constraints, objective, proposed_at, tags, note, controller"
)


def _numbers(dialect: str) -> str:
    if dialect == "sqlite":
        return (
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
            f" WHERE i + 1 < {N_TRIALS})"
        )
    return f"WITH n(i) AS (SELECT * FROM generate_series(0, {N_TRIALS - 1}))"


@pytest.fixture
def many(db: Database, session_id: str) -> Iterator[Database]:
    engine = db._engine
    dialect = engine.dialect.name
    ten = "substr('0000000000' || i, -10)" if dialect == "sqlite" else "lpad(i::text, 10, '0')"
    with writing(engine) as connection:
        # One in seven failed: no objective. The others are spread by a multiplicative hash.
        connection.execution_options(no_parameters=True).exec_driver_sql(
            f"{_numbers(dialect)} INSERT INTO trial ({_COLUMNS}) SELECT {ten}, '{session_id}', i,"
            " 'search', CASE WHEN i % 7 = 0 THEN 'FAILED' ELSE 'COMPLETE' END, '', '{}', '{}',"
            " '{}', '{}', '{}', CASE WHEN i % 7 = 0 THEN NULL"
            " ELSE (CAST(i AS BIGINT) * 7919 % 100003) / 1e5 END,"
            " '2026-01-01 00:00:00', '[]', '', '' FROM n"
        )
        connection.exec_driver_sql("ANALYZE")
    yield db


class Question(NamedTuple):
    name: str
    sql: str


QUESTIONS = (
    Question("best ten", "SELECT * FROM trial_summary ORDER BY objective DESC LIMIT 10"),
    Question(
        "best ten, failed last",
        "SELECT * FROM trial_summary ORDER BY objective DESC NULLS LAST LIMIT 10",
    ),
    Question(
        "best ten of a session",
        "SELECT * FROM trial_summary WHERE session_id = '{session}'"
        " ORDER BY objective DESC NULLS LAST LIMIT 10",
    ),
)


def test_the_best_ten_come_from_an_index_and_are_the_best(many: Database, session_id: str) -> None:
    dialect = many._engine.dialect.name
    for question in QUESTIONS:
        query = question.sql.format(session=session_id)
        explain = "EXPLAIN QUERY PLAN " if dialect == "sqlite" else "EXPLAIN "
        with many._engine.connect() as connection:
            plan = "\n".join(map(str, connection.exec_driver_sql(explain + query)))
        assert "_trial_" in plan, (question.name, plan)
        for bad in ("TEMP B-TREE", "SCAN trial\n", "Sort", "Seq Scan on trial"):
            assert bad not in plan, (question.name, plan)

    # 7919 is prime to 100003, so the hash takes each value once.
    values = sorted((i * 7919 % 100003) / 1e5 for i in range(N_TRIALS) if i % 7)[-10:]
    best = many.trials(session_id, sort="-objective", limit=10)
    assert list(best["objective"]) == pytest.approx(values[::-1])
    by_hand = many.sql(QUESTIONS[1].sql)
    assert list(by_hand["objective"]) == pytest.approx(values[::-1])


class Plan(NamedTuple):
    name: str
    ask: Callable[[Database, str], object]


# What every database is asked, and must be answered by indexes: neither a table nor an index is
# gone through from end to end, and nothing but the last term of an order is sorted.
PLANS = (
    Plan("sessions", lambda db, _: db.sessions(limit=100)),
    Plan("a session's trials", lambda db, session: db.trials(session, limit=20)),
    Plan("best ten", lambda db, _: db.trials(sort="-objective", limit=10)),
    Plan("best of a session", lambda db, session: db.trials(session, sort="-objective", limit=10)),
    Plan("newest", lambda db, _: db.trials(sort="-proposed_at", limit=20)),
    Plan("drift", lambda db, session: db.drift(session)),
    Plan("a filter", lambda db, _: db.trials(where=["stage.z_um > 85680"])),
    Plan("a wide filter", lambda db, _: db.trials(where=["stage.z_um > 9"], limit=20)),
    Plan(
        "the best of a wide filter",
        lambda db, _: db.trials(
            where=["stage.z_um > 9", "state = COMPLETE"], sort="-objective", limit=20
        ),
    ),
)


@pytest.fixture
def spread(db: Database, new_session: Callable[..., NewSession]) -> Database:
    """Two hundred sessions of a hundred trials."""
    engine = db._engine
    for _ in range(200):
        db.create_session(new_session())
    keys = list(db.sessions()["session_id"])
    with writing(engine) as connection:
        rows = [_row(index, keys[index // 100]) for index in range(20_000)]
        connection.execute(insert(TRIAL), rows)
        done = [row for row in rows if row["state"] == "COMPLETE"]
        values = [
            {"trial_id": row["id"], "name": name, "value_num": 5.0 * index}
            for index, row in enumerate(done)
            for name in ("stage.z_um", "stage.x_um")
        ]
        connection.execute(insert(SETTING), values)
        connection.exec_driver_sql("ANALYZE")
    return db


def _row(index: int, session: str) -> dict[str, Any]:
    failed = index % 7 == 0
    objects = ("requested", "distributions", "sampler_attrs", "intermediate", "constraints")
    empty: dict[str, Any] = {name: {} for name in objects}
    return empty | {
        "id": f"{index:032x}",
        "session_id": session,
        "number": index % 100,
        "kind": "search",
        "state": "FAILED" if failed else "COMPLETE",
        "reason": "",
        "objective": None if failed else index * 7919 % 100003 / 1e5,
        "proposed_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=index),
        "tags": [],
        "note": "",
        "controller": "",
    }


def test_what_people_ask_is_answered_by_indexes(spread: Database) -> None:
    engine = spread._engine
    session_id = spread.session_id("last")
    asked: list[tuple[str, Any]] = []
    event.listen(
        engine,
        "before_cursor_execute",
        lambda _c, _u, text, values, *_: asked.append((text, values)),
    )
    sqlite = engine.dialect.name == "sqlite"
    # With statistics and without: SQLite has none before somebody asks for them.
    for analyzed in (True, False) if sqlite else (True,):
        if not analyzed:
            with writing(engine) as connection:
                connection.exec_driver_sql("DROP TABLE sqlite_stat1")
            engine.dispose()
        for plan in PLANS:
            asked.clear()
            plan.ask(spread, session_id)
            questions = [one for one in asked if one[0].lstrip().startswith(("SELECT", "WITH"))]
            assert questions, plan.name
            for text, values in questions:
                steps = _plan(spread, text, values)
                wrong = [step for step in steps if _goes_through_all(step, steps)]
                assert not wrong, (plan.name, analyzed, text, steps)


def _plan(database: Database, text: str, values: Any) -> list[str]:
    explain = "EXPLAIN QUERY PLAN " if database._engine.dialect.name == "sqlite" else "EXPLAIN "
    with database._engine.connect() as connection:
        return [str(row[-1]) for row in connection.exec_driver_sql(explain + text, values)]


def _goes_through_all(step: str, steps: list[str]) -> bool:
    """Whether a step reads all of a large table, or sorts what an index could give in order."""
    if "Seq Scan on trial" in step or "Seq Scan on setting" in step:
        # Until a limit is reached, in whatever order, is what is wanted.
        limited = any("Limit" in one for one in steps)
        return not limited or any("Sort" in one for one in steps)
    if step.startswith(("SCAN trial", "SCAN setting")):
        # In the order of an index, up to a limit, is what is wanted.
        return "USING INDEX" not in step and "USING COVERING INDEX" not in step
    return step.startswith("USE TEMP B-TREE FOR ORDER BY") and any(
        one.startswith("SCAN trial") for one in steps
    )
