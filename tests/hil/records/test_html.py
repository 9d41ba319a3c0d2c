"""What a notebook shows is text, whatever users and devices wrote."""

from __future__ import annotations

import html5lib
import pytest

from hil.records.html import cell, interval, pairs_html, rows_html

EVIL = "<script>alert('1')</script> $x^2$ \x1b[31m\u202e\ud800 " + "z" * 999


@pytest.mark.parametrize(
    "page", [pairs_html(EVIL, [(EVIL, EVIL)]), rows_html(EVIL, [EVIL], [[EVIL]])]
)
def test_nothing_is_markup_and_all_is_valid(page: str) -> None:
    parser = html5lib.HTMLParser(strict=True)
    tree = parser.parseFragment(page)
    names = {str(one.tag).rpartition("}")[2] for one in tree.iter()}
    assert "script" not in names and "table" in names
    assert not {"\x1b", "\u202e"} & set(page)
    assert page.startswith('<table class="tex2jax_ignore mathjax_ignore">'), "LaTeX would be set"
    page.encode("utf-8")
    assert "z" * 400 not in page


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.23456789, "1.2346"), (float("nan"), ""), (None, ""), (3, "3"), (True, "True"), ("a&b", "a&amp;b")],
)  # fmt: skip
def test_values(value: object, text: str) -> None:
    assert cell(value) == text


def test_what_has_no_value_has_no_line() -> None:
    page = pairs_html("t", [("one", 1), ("none", None), ("empty", ""), ("zero", 0.0)])
    assert "one" in page and "zero" in page and "none" not in page and "empty" not in page


def test_an_interval_where_there_is_one() -> None:
    assert interval(1, 2) == " (1 to 2)"
    assert interval(float("nan"), 2) == ""
