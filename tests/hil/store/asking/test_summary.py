"""The questions that people ask of 100,000 trials are answered from an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from hil.store import Database
from hil.store.engine import writing

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
