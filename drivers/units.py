"""Whether the unit behind an instrument's number is the setting's, or another size of it.

Instruments that choose their range by themselves answer "5.0 mW" now and "120 uW" then, and records
spell theirs out, "microns", "Degrees". Names of settings are in small letters, so that ``mhz`` may
be either; what is not certain is not guessed.
"""

from __future__ import annotations

import math

_SIZES = {
    "p": 1e-12,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "c": 1e-2,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
}
_SPELT = {"pico": "p", "nano": "n", "micro": "u", "milli": "m", "centi": "c", "kilo": "k"} | {
    "mega": "M",
    "giga": "G",
}
# Before words that are spelt out, too: "msec".
_SHORT = ("", "p", "n", "u", "m", "k")
_BASES = (
    "m",
    "s",
    "w",
    "a",
    "v",
    "hz",
    "j",
    "n",
    "pa",
    "bar",
    "ohm",
    "f",
    "t",
    "rad",
    "ev",
    "torr",
)
# Those that are met in millions: "m" in a name in small letters may be either.
_LARGE = ("hz", "pa", "ohm", "ev")
# Words for these, singular and in small letters.
_WORDS = {
    "meter": "m",
    "metre": "m",
    "sec": "s",
    "second": "s",
    "watt": "w",
    "amp": "a",
    "ampere": "a",
    "volt": "v",
    "hertz": "hz",
    "joule": "j",
    "newton": "n",
    "pascal": "pa",
    "farad": "f",
    "tesla": "t",
    "radian": "rad",
    "electronvolt": "ev",
}
# Units that take no letter before them: how many of which other. What is nobody else's size, a
# temperature with another zero say, is a base of its own.
_OTHERS = {
    "micron": (1e-6, "m"),
    "inch": (25.4e-3, "m"),
    "mil": (25.4e-6, "m"),
    "angstrom": (1e-10, "m"),
    "å": (1e-10, "m"),
    "min": (60.0, "s"),
    "minute": (60.0, "s"),
    "hour": (3600.0, "s"),
    "h": (3600.0, "s"),
    "day": (86400.0, "s"),
    "deg": (math.pi / 180, "rad"),
    "degree": (math.pi / 180, "rad"),
    "°": (math.pi / 180, "rad"),
    "turn": (2 * math.pi, "rad"),
    "rev": (2 * math.pi, "rad"),
    "revolution": (2 * math.pi, "rad"),
    "arcmin": (math.pi / 180 / 60, "rad"),
    "arcsec": (math.pi / 180 / 3600, "rad"),
    "psi": (6894.757293168, "pa"),
    "atm": (101325.0, "pa"),
    "gauss": (1e-4, "t"),
    "percent": (1.0, "percent"),
    "%": (1.0, "percent"),
    "c": (1.0, "celsius"),
    "degc": (1.0, "celsius"),
    "°c": (1.0, "celsius"),
    "celsius": (1.0, "celsius"),
    "k": (1.0, "kelvin"),
    "degk": (1.0, "kelvin"),
    "kelvin": (1.0, "kelvin"),
    "degf": (1.0, "fahrenheit"),
    "°f": (1.0, "fahrenheit"),
    "fahrenheit": (1.0, "fahrenheit"),
    "dbm": (1.0, "dbm"),
    "count": (1.0, "count"),
    "step": (1.0, "count"),
    "pulse": (1.0, "count"),
    "tick": (1.0, "count"),
}
# What some of the bases are of others.
_SAME = {"bar": (1e5, "pa"), "torr": (133.322368421, "pa")}
# The same sign at two places of Unicode each.
_SIGNS = {0xB5: "u", 0x3BC: "u", 0x2126: "ohm", 0x3A9: "ohm", 0x212B: "Å"}


def factor(said: str, wanted: str) -> float | None:
    """Give by what a number in one unit is to be multiplied; None where it cannot be.

    Parameters
    ----------
    said
        The unit behind an answer, ``"uW"`` or ``"microns"``; empty for none.
    wanted
        The setting's; empty for none.

    Returns
    -------
    float or None
        1 for the same unit, for none, and for words that are no units of physics.
    """
    said, wanted = (_plain(unit) for unit in (said, wanted))
    if not said or not wanted or said.lower() == wanted.lower():
        return 1.0
    from_, to = _readings(said), _readings(wanted)
    if not from_ or not to:
        return 1.0
    found = {a / b for a, base in from_ for b, other in to if base == other}
    if len(found) != 1:
        return None
    ratio = found.pop()
    return 1.0 if math.isclose(ratio, 1.0, rel_tol=1e-12) else ratio


def _readings(unit: str) -> set[tuple[float, str]]:
    """List what a unit may mean: how many of which base."""
    small = unit.lower()
    singular = small[:-1] if small.endswith("s") and len(small) > 3 else small
    for word in (small, singular, "inch" if small == "inches" else small):
        if word in _OTHERS:
            return {_OTHERS[word]}
        if spelt := _spelt_out(word):
            return {_in_pascal(spelt)}
    found = set()
    for base in _BASES:
        if not small.endswith(base):
            continue
        prefix = unit[: len(unit) - len(base)]
        size = _SIZES.get(prefix, _SIZES.get(prefix.lower()))
        if size is None or (prefix.lower() == "c" and base != "m"):
            continue
        found.add(_in_pascal((size, base)))
        if prefix == "m" and unit == unit.lower() and base in _LARGE:
            found.add(_in_pascal((1e6, base)))
    return found


def _spelt_out(word: str) -> tuple[float, str] | None:
    """Read "millimeter", "volt", "milliamp"; None for what is no such word."""
    for end, base in _WORDS.items():
        if not word.endswith(end):
            continue
        before = word[: -len(end)]
        if before in _SPELT or before in _SHORT:
            return _SIZES[_SPELT.get(before, before)], base
    return None


def _plain(unit: str) -> str:
    """Write "deg C" and "deg." as everybody else does."""
    return unit.translate(_SIGNS).replace(" ", "").rstrip(".")


def _in_pascal(reading: tuple[float, str]) -> tuple[float, str]:
    """Give pressures in one base."""
    size, base = reading
    of, other = _SAME.get(base, (1.0, base))
    return size * of, other
