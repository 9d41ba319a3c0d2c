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
    ("counts", "mw", None),
    ("EGU", "mw", 1.0),  # no unit: a word that nobody filled in
    ("C", "c", 1.0),
    ("degC", "c", 1.0),
    ("%", "percent", 1.0),
    # Spelt out, as records and manuals do.
    ("microns", "um", 1.0),
    ("Micron", "mm", 1e-3),
    ("millimeters", "um", 1e3),
    ("nanometre", "um", 1e-3),
    ("inches", "mm", 25.4),
    ("Angstrom", "nm", 0.1),
    ("\u00b5m", "mm", 1e-3),
    ("msec", "s", 1e-3),
    ("Seconds", "ms", 1e3),
    ("minutes", "s", 60.0),
    ("Volts", "mv", 1e3),
    ("milliamps", "a", 1e-3),
    ("degrees", "mrad", 17.453292519943295),
    ("deg.", "deg", 1.0),
    ("arcsec", "deg", 1 / 3600),
    ("Torr", "mbar", 1.33322368421),
    ("keV", "ev", 1e3),
    ("keV", "mev", None),
    # Another zero, or another scale: no factor.
    ("K", "degc", None),
    ("deg C", "c", 1.0),
    ("degF", "c", None),
    ("dBm", "mw", None),
    ("steps", "um", None),
    ("steps", "counts", 1.0),
]


@pytest.mark.parametrize(("said", "wanted", "expected"), CASES)
def test_units(said: str, wanted: str, expected: float | None) -> None:
    assert factor(said, wanted) == (None if expected is None else pytest.approx(expected))
