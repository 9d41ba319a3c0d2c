"""Pages are escaped, and their colours can be read."""

from __future__ import annotations

import re

import html5lib
import pytest

from hil.web.writing import STATIC, written

CSS = STATIC["watch.css"][0].read_text(encoding="utf-8")
SCHEMES = [
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in CSS.split("@media")[:2]
]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Of WCAG 2.2, 1.4.3."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out(scheme: int) -> None:
    colours = SCHEMES[scheme]
    for name in ("ink", "dim", "link", "good", "warn", "bad"):
        assert contrast(colours[name], colours["paper"]) >= 4.5, name
    assert contrast(colours["key-ink"], colours["key"]) >= 4.5


def test_colours_are_of_the_scheme_alone() -> None:
    rules = CSS[CSS.index("* {") :]
    assert set(re.findall(r"#[0-9a-f]{3,6}", rules)) == {"#ffffff"}, "the paper of figures"


def test_nothing_is_asked_of_others() -> None:
    for path, _ in STATIC.values():
        assert not re.search(r"https?://|@import|url\(", path.read_text(encoding="utf-8"))


def test_what_is_said_is_text() -> None:
    said = "<script>alert(1)</script>\x00\x1b[31m &amp; \ud800"
    page = written("said", heading=said, database=said, said=said, ask_token=True)
    html5lib.HTMLParser(strict=True).parse(page)
    assert "<script" not in page
    assert "\x1b" not in page
