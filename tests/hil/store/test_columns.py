"""What may stand in a cell: numbers that every database holds, times with a zone, plain words."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from hil.records.trial import TrialState
from hil.store import Database, SqlStore
from hil.store.columns import dump_json, load_json


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


@pytest.mark.parametrize(
    "text", ["\ud800 half", "whole \U0001f52c", "nul \0", "\udcff", "plain \\ud800"]
)
def test_text_in_json_is_such_as_every_program_takes(text: str) -> None:
    whole = "half" not in text and "nul" not in text and text != "\udcff"
    for value in ({"note": text}, [[text]], {text: 1}):
        written = dump_json(value)
        assert json.dumps(load_json(written), ensure_ascii=False).encode("utf-8")
        assert "\\u0000" not in written
        assert load_json(written) == load_json(json.dumps(value)), (
            "also where another has written it"
        )
        assert (load_json(written) == value) == whole


def test_lists_of_words_are_read_anew_each_time() -> None:
    text = '["bits_per_pixel", "speed"]'
    first = load_json(text)
    first.append("changed")
    assert load_json(text) == load_json(text.encode()) == ["bits_per_pixel", "speed"]
    assert load_json('["a", 1, ["b"]]') == ["a", 1, ["b"]]
    assert load_json('["half \\ud83d"]') == ["half ?"]
    with pytest.raises(ValueError, match="delimiter"):
        load_json('["a" "b"]')
