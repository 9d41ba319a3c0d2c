"""What would act where it is shown is written out; all other text stays."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import html5lib
import pytest

from hil.records.plain_text import shown

CASES = [
    ("\x1b[2J", "\\x1b[2J"),
    ("a\u202eb", "a\\u202eb"),
    ("\u2066x\u2069", "\\u2066x\\u2069"),
    ("\x9b1A", "\\x9b1A"),
    ("good\rbad", "good\\x0dbad"),
    ("\ufffe\U0001ffff", "\\ufffe\\U0001ffff"),
    ("a\r\nb\tc\u00b5 \u05e9\u05dd \U0001f52c", "a\r\nb\tc\u00b5 \u05e9\u05dd \U0001f52c"),
]


@pytest.mark.parametrize(("text", "written"), CASES)
def test_what_would_act_is_written_out(text: str, written: str) -> None:
    assert shown(text) == written


def test_what_is_left_may_stand_on_a_page_and_in_a_figure() -> None:
    every = "".join(
        map(chr, [*range(0x80), *range(0x7F, 0xA1), 0xFDD0, 0xFFFD, 0xFFFE, 0x2FFFF, 0x1F52C])
    )
    kept = shown(every).replace("&", "&amp;").replace("<", "&lt;").replace("\r\n", "\n")
    ElementTree.fromstring(f"<text>{kept}</text>")
    html5lib.HTMLParser(strict=True).parseFragment(f"<p>{kept}</p>")
