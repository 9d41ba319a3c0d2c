"""Tables for other programs: every cell is one that they can read."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from hil.report.files.export import csv_of_parts, csv_text, flat


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


def test_no_cell_of_a_csv_file_is_a_formula() -> None:
    words = ["=cmd|' /C calc'!A0", "+1+cmd", "@SUM(A1)", "\t=1", "-2+3", "-2.5", "plain = 1", None]
    table = pd.DataFrame({"=head": words, "n": range(8), "x.y_um": [-1.5] * 8})
    found = pd.read_csv(io.StringIO(csv_text(table)), keep_default_na=False)
    assert list(found.columns) == ["'=head", "n", "x.y_um"]
    assert found["'=head"].tolist() == [f"'{one}" for one in words[:5]] + ["-2.5", "plain = 1", ""]
    assert found["x.y_um"].tolist() == [-1.5] * 8
    assert table["=head"].tolist()[:7] == words[:7], "the table that was given is left alone"
    stream = io.StringIO()
    csv_of_parts([pa.table({"note": ["=1"]}), pa.table({"note": ["b"]})], stream)
    assert stream.getvalue().split() == ["note", "'=1", "b"]
