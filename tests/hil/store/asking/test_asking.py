"""SQL that people write, which only reads."""

from __future__ import annotations

from typing import Any

import pytest

from hil.errors import InputError
from hil.store import Database


def test_sql_reads_and_only_reads(db: Database, run: Any) -> None:
    run.complete()
    assert db.sql("SELECT 100 % 7 AS rest, ':x' AS colon").values.tolist() == [[2, ":x"]]
    for statement in ("DELETE FROM estimate", "SELEC 1", "UPDATE session SET name = 'x'"):
        with pytest.raises(InputError) as caught:
            db.sql(statement)
        assert "\n" not in str(caught.value)
    assert len(db.estimates()) == 1
    run.complete()  # the connection writes again
