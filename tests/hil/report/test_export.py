"""Tables for other programs: every cell is one that they can read."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from hil.report.export import flat


def test_lists_and_objects_become_json_and_all_else_stays() -> None:
    table = pd.DataFrame(
        {"n": [1, 2], "word": ["a", None], "tags": [["x"], []], "o": [{"a": 1}, None]}
    )
    found = flat(table)
    assert found["n"].tolist() == [1, 2]
    assert found["word"].iloc[0] == "a"
    assert [json.loads(cell) for cell in found["tags"]] == [["x"], []]
    assert [json.loads(cell) for cell in found["o"]] == [{"a": 1}, None]
    assert table["tags"].tolist() == [["x"], []], "the table that was given is left alone"


@pytest.mark.parametrize("dtype", ["datetime64[ns, UTC]", "float64", "object", "bool"])
def test_a_table_without_rows_is_written(dtype: str, tmp_path: Path) -> None:
    empty = pd.DataFrame({"a": pd.Series([], dtype=dtype)})
    flat(empty).to_parquet(tmp_path / "empty.parquet")
    assert list(pd.read_parquet(tmp_path / "empty.parquet").columns) == ["a"]
