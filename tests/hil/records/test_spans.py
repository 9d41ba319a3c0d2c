"""Time spans as a person would say them."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest

from hil.records.spans import duration


class Span(NamedTuple):
    seconds: float
    text: str


@pytest.mark.parametrize(
    "case", [Span(math.nan, "-"), Span(-3600, "-"), Span(3.21, "3.2 s"), Span(45, "45 s"), Span(600, "10 min"), Span(7200, "2.0 h")]
)  # fmt: skip
def test_durations(case: Span) -> None:
    assert duration(case.seconds) == case.text
