"""Rounding is agreement; silence about a difference is not."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest

from drivers.types import Value
from hil.rig.agreement import agrees


class Case(NamedTuple):
    name: str
    wanted: Value | None
    seen: Value
    tolerance: float
    agrees: bool


CASES = [
    Case("the same", 5.0, 5.0, 0.0, True),
    Case("single precision", 1234.5678, 1234.5677, 0.0, True),
    Case("within what the owner allows", 10.0, 10.4, 0.5, True),
    Case("beyond it", 10.0, 10.6, 0.5, False),
    Case("off by one", 3, 4, 0.0, False),
    Case("light for dark", 0.0, 5.0, 0.0, False),
    Case("no number", 0.0, math.nan, 1.0, False),
    Case("another word", "DAPI", "FITC", 1.0, False),
    Case("a word for a number", 0, "0", 1.0, False),
    Case("nothing asked, a number", None, 3.0, 0.0, True),
    Case("nothing asked, no number", None, math.inf, 0.0, False),
    Case("nothing asked, a word", None, "DAPI", 0.0, True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agreement(case: Case) -> None:
    assert agrees(case.wanted, case.seen, case.tolerance) is case.agrees
