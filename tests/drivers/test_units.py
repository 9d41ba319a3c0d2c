"""Units behind numbers, taken for what they are or for nothing."""

from __future__ import annotations

import pytest

from drivers.units import factor

CASES = [
    ("", "mw", 1.0),
    ("mW", "", 1.0),
    ("MW", "mw", 1.0),  # shouted
    ("W", "mw", 1e3),
    ("uW", "mw", 1e-3),
    ("NM", "um", 1e-3),
    ("mm", "um", 1e3),
    ("cm", "mm", 10.0),
    ("kHz", "hz", 1e3),
    ("MHz", "mhz", 1.0),
    ("GHz", "mhz", None),  # thousandths or millions
    ("V", "mw", None),
    ("counts", "mw", 1.0),
    ("C", "c", 1.0),
    ("degC", "c", 1.0),
    ("%", "percent", 1.0),
]


@pytest.mark.parametrize(("said", "wanted", "expected"), CASES)
def test_units(said: str, wanted: str, expected: float | None) -> None:
    assert factor(said, wanted) == (None if expected is None else pytest.approx(expected))
