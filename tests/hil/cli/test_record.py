from __future__ import annotations

from pathlib import Path

import pytest

import hil
from hil.cli.main import run

TABLE = "mirror.z5_nm,camera.exposure_ms\n0,10\n80,10\n-40,20\n"


def test_rows_are_measured_in_their_order_and_stored_as_a_session(folder: Path) -> None:
    (folder / "table.csv").write_text(TABLE, encoding="utf-8")
    options = ["--settings", "table.csv", "--session", "session.toml", "--repeats", "3"]
    assert run(["record", "rig.toml", *options]) == 0
    with hil.open_database() as database:
        table = database.trials("last")
        assert list(table["mirror.z5_nm"]) == [0.0, 80.0, -40.0]
        assert list(table["camera.exposure_ms"]) == [10.0, 10.0, 20.0]
        assert list(table["state"]) == ["COMPLETE"] * 3
        assert database.frames("last", 2).shape == (4, 3, 64, 64)
        assert database.session("last").extra["kind"] == "record"
    assert run(["replay", "last", "--frames", "--check"]) == 0


WRONG = [
    ("mirror.z5_nm\n", "has no rows"),
    ("z5\n1\n", "column 'z5' is no setting"),
    ('mirror.z5_nm\n1\n""\n', "row 2 holds"),
    ("mirror.z5_nm\n1\nx\n", "allowed: a number"),
    ("mirror.z55_nm\n1\n", "mirror.z5_nm"),
    ("mirror.z5_nm\n9000\n", "9000"),
    ("file,mirror.z5_nm\na.tif,1\n", "file"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_a_wrong_table_is_one_line_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (folder / "table.csv").write_text(text, encoding="utf-8")
    assert run(["record", "rig.toml", "--settings", "table.csv"]) == 2
    said = capsys.readouterr().err
    assert told in said and "table.csv" in said and len(said.splitlines()) == 1
    assert not (folder / "hil.db").exists()
