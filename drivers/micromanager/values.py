"""Values of Micro-Manager settings: checked before the core sees them, and to and from its text.

The core keeps every property as text, and forgives: an integer property takes 2.7 as 2 and "abc" as
0, exposure and Z take NaN, an exposure out of range is ignored in silence. So nothing is sent that
was not checked here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from drivers.errors import ValueRefused
from drivers.protocol import Setting
from drivers.types import Value

TEXT_PLACES = 4
"""Decimals that the core keeps of a float property."""


def checked(setting: Setting, value: object) -> Value:
    """Check a value against what a setting allows and give it the setting's own type.

    Parameters
    ----------
    setting
        As its device describes it.
    value
        What a caller wants to set. A float that is a whole number counts as an integer.

    Raises
    ------
    ValueRefused
    """
    refused = ValueRefused(setting.name, value, setting.allowed())
    if setting.read_only or isinstance(value, bool) or not isinstance(value, float | int | str):
        raise refused
    if setting.kind == "choice":
        if isinstance(value, str) != isinstance(next(iter(setting.choices), ""), str):
            raise refused
        for choice in setting.choices:
            if choice == value:
                return choice
        raise refused
    if isinstance(value, str) or not math.isfinite(value):
        raise refused
    if setting.kind == "int" and value != int(value):
        raise refused
    if setting.low is not None and value < setting.low:
        raise refused
    if setting.high is not None and value > setting.high:
        raise refused
    return int(value) if setting.kind == "int" else float(value)


def matches(setting: Setting, wanted: Value, seen: Value) -> bool:
    """Whether a read-back counts as the value that was asked for."""
    if isinstance(wanted, str) or isinstance(seen, str):
        return wanted == seen
    # The relative part is the rounding of single precision, in which many adapters think.
    return abs(seen - wanted) <= setting.tolerance + 1e-6 * abs(wanted)


def to_text(value: Value) -> str:
    """Write a value as the core wants it."""
    return value if isinstance(value, str) else repr(value)


def from_text(setting: Setting, text: str) -> Value:
    """Read the core's text of a property.

    A choice that is not among those described comes back as the text itself: it is what the device
    says.

    Raises
    ------
    ValueError
        The text is no number where the setting is one.
    """
    if setting.kind == "choice":
        return next((choice for choice in setting.choices if str(choice) == text), readable(text))
    return int(text) if setting.kind == "int" else float(text)


def as_choices(texts: Sequence[str], integers: bool) -> tuple[Value, ...]:
    """Turn the core's allowed values into choices: all int, in order, or else all str.

    Parameters
    ----------
    texts
        Allowed values, sorted by the core as text ("16" before "8").
    integers
        Whether they are meant as integers.
    """
    if integers and all(text.lstrip("-").isdecimal() for text in texts):
        return tuple(sorted(int(text) for text in texts))
    return tuple(texts)


def sayable(text: str) -> bool:
    """Whether a text of the core's can be handed back to it.

    Texts of an adapter that are not UTF-8 come with half of a surrogate pair for each such byte,
    which the core does not take, nor any file.
    """
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def readable(text: str) -> str:
    """Write such a text so that it can be shown and stored: its bytes as Latin-1."""
    return "".join(chr(ord(c) - 0xDC00) if "\udc80" <= c <= "\udcff" else c for c in text)
