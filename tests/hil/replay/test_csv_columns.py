from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from hil.replay.csv_columns import csv_columns

SAME = [
    ("commas", "Z.um,w.l\n1,a\n2.5,b\n"),
    ("blanks and carriage returns", " Z.um , w.l \r\n 1 , a \r\n\r\n2.5,b\r\n"),
    ("semicolons", "Z.um;w.l\n1;a\n2.5;b\n"),
    ("semicolons and decimal commas", "Z.um;w.l\n1;a\n2,5;b\n"),
    ("tabs", "Z.um\tw.l\n1\ta\n2,5\tb\n"),
    ("what a spreadsheet leaves at the end", "Z.um,w.l,,\n1,a,,\n2.5,b,,\n,,,\n"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", [text for _, text in SAME], ids=[name for name, _ in SAME])
def test_spreadsheets_of_all_countries_say_the_same(
    tmp_path: Path, text: str, encoding: str
) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    assert csv_columns(tmp_path / "t.csv") == (["Z.um", "w.l"], [[1.0, "a"], [2.5, "b"]])


def test_words_that_others_take_for_missing_numbers_are_words_among_words(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("w.l,n.i\nNone,1\nNA,-2\n", encoding="utf-8")
    assert csv_columns(tmp_path / "t.csv")[1] == [["None", 1], ["NA", -2]]


def test_a_minus_as_word_processors_write_it_is_one_in_numbers_alone(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Z.um,w.l\n\u22122.5,\u2212\n1,b\n", encoding="utf-8")
    assert csv_columns(tmp_path / "t.csv")[1] == [[-2.5, "\u2212"], [1.0, "b"]]


def test_numbers_among_words_are_words_where_the_name_states_no_unit(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("wheel.label,wheel.forms\n405,1\nopen,x\n", encoding="utf-8")
    assert csv_columns(tmp_path / "t.csv")[1] == [["405", "1"], ["open", "x"]]


WRONG = [
    ("", "is empty"),
    ("Z.um\n1,2\n2,3\n", "row 1: has 2 cells, and the head 1"),
    ("Z.um,Y.um\n1,2\n2\n", "row 2: has 1 cells, and the head 2"),
    ('Z.um\n"1,5"\n"2,5"\n', "row 1 holds '1,5', allowed: a decimal point"),
    ("Z.um;w.l\n1.000,5;a\n", "row 1 holds '1.000,5'"),
    ("Z.um\n1\nNA\n3\n", "row 2 holds 'NA'"),
    ("Z.um\n1\ninf\n", "row 2 holds 'inf'"),
    ("Z.um\n1\n1e999\n", "row 2 holds 1e999"),
    ("Z.um,w.l\n1,a\n,b\n3,c\n", "row 2 holds ''"),
    ("Z.um\n1\0\n", "the character"),
    ("focus.z_um\n1\n2 um\n3\n", "focus.z_um: row 2 holds '2 um', allowed: a number"),
    ("cam.exposure_ms,w.l\n1O,a\n20,b\n", "cam.exposure_ms: row 1 holds '1O'"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_what_may_mean_two_things_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode())
    with pytest.raises(InputError) as refused:
        csv_columns(tmp_path / "t.csv")
    assert told in str(refused.value) and "\n" not in str(refused.value)


def test_text_of_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("Z.um\n\xe4\n".encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read as a table"):
        csv_columns(tmp_path / "t.csv")
