"""What may stand in a cell: numbers that every database holds, times with a zone, plain words."""

from __future__ import annotations

import math
from typing import Any

from hil.records.trial import TrialState
from hil.store import Database, SqlStore


def test_nan_becomes_null_and_comes_back_as_nan(
    db: Database, store: SqlStore, run: Any, session_id: str, make_assessment: Any
) -> None:
    trial = run.captured()
    store.estimated(trial, run.clock.now(), make_assessment(math.nan))
    store.finish(trial, TrialState.COMPLETE, run.clock.now())
    nulls = "objective IS NULL AND ci_low IS NULL AND objectives IS NOT NULL"
    assert db.sql(f"SELECT count(*) AS n FROM trial WHERE {nulls}")["n"][0] == 1
    objectives = db.rows(session_id)[0].objectives
    assert objectives is not None
    assert math.isnan(objectives[0])
