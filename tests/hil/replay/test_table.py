from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hil.errors import InputError
from hil.replay.table import read_table


def test_csv_and_parquet_say_the_same(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Z.position_um": [1.5, 2], "wheel.Label": ["DAPI", "FITC"]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    one, other = read_table(tmp_path / "t.csv"), read_table(tmp_path / "t.parquet")
    assert one.rows == other.rows
    assert one.rows[1] == {"Z.position_um": 2.0, "wheel.Label": "FITC"}


def test_the_column_of_files_is_no_setting(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,Z.position_um\na.tif,1\n", encoding="utf-8")
    table = read_table(tmp_path / "t.csv")
    assert table.files == ("a.tif",) and table.rows == ({"Z.position_um": 1},)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read_table(tmp_path / "none.csv")


def test_a_column_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Z.um,Z.um\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="twice"):
        read_table(tmp_path / "t.csv")
    frame = pd.DataFrame([[1, True]], columns=["Z.um", "Y.on"])
    frame.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="row 1 holds True"):
        read_table(tmp_path / "t.parquet")
