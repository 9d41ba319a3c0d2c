"""Whether the unit behind an instrument's number is the setting's, or another size of it.

Instruments that choose their range by themselves answer "5.0 mW" now and "120 uW" then. Names of
settings are in small letters, so that ``mhz`` may be either; what is not certain is not guessed.
"""

from __future__ import annotations

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
_BASES = ("m", "s", "w", "a", "v", "hz", "j", "n", "pa", "bar", "ohm", "f", "t")
# Those that are met in millions: "m" in a name in small letters may be either.
_LARGE = ("hz", "pa", "ohm")


def factor(said: str, wanted: str) -> float | None:
    """Give by what a number in one unit is to be multiplied; None where it cannot be.

    Parameters
    ----------
    said
        The unit behind an answer; empty for none.
    wanted
        The setting's; empty for none.

    Returns
    -------
    float or None
        1 for the same unit, for none, and for words that are no units of physics.
    """
    if not said or not wanted or said.lower() == wanted.lower():
        return 1.0
    from_, to = _readings(said), _readings(wanted)
    if not from_ or not to:
        return 1.0
    found = {a / b for a, base in from_ for b, other in to if base == other}
    return found.pop() if len(found) == 1 else None


def _readings(unit: str) -> set[tuple[float, str]]:
    """List what a unit may mean: how many of which base."""
    found = set()
    for base in _BASES:
        if not unit.lower().endswith(base):
            continue
        prefix = unit[: len(unit) - len(base)]
        size = _SIZES.get(prefix, _SIZES.get(prefix.lower()))
        if size is None or (prefix.lower() == "c" and base != "m"):
            continue
        found.add((size, base))
        if prefix == "m" and unit == unit.lower() and base in _LARGE:
            found.add((1e6, base))
    return found
