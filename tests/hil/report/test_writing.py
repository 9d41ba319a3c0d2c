"""Words and numbers of pages."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from hil.errors import InputError
from hil.report.writing import number, printable, write_page


def test_what_no_page_may_hold_is_written_out() -> None:
    assert printable("a\x07b\r\nc\x85\td\ud800") == "a\\x07b\nc\\x85\td?"


@pytest.mark.parametrize(
    ("value", "said"), [(1 / 3, "0.333333"), (None, "unknown"), (math.nan, "unknown"), ("a", "a")]
)
def test_numbers_as_tables_show_them(value: object, said: str) -> None:
    assert number(value) == said


def test_nothing_is_made_where_it_cannot_be_written(tmp_path: Path) -> None:
    def never() -> str:
        raise AssertionError

    with pytest.raises(InputError, match="folder that exists"):
        write_page(tmp_path / "no" / "a.html", never)
