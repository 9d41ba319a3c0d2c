"""Ranges that a person changes when a session goes on: ``hil resume --search``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import ValidationError

from hil.errors import InputError, SafetyError
from hil.rig.safety import Safety
from hil.spec import SearchAxis, SessionFile

_OPTION = "--search"
# Where a session keeps its changed ranges.
SEARCH = "search"


def read_ranges(words: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Read ``setting=low..high`` words.

    Raises
    ------
    InputError
    """
    found: dict[str, tuple[float, float]] = {}
    for word in words:
        name, _, ends = word.partition("=")
        low, dots, high = ends.partition("..")
        try:
            pair = (float(low), float(high))
        except ValueError:
            dots = ""
        if not (dots and name.strip() and all(map(math.isfinite, pair))):
            raise InputError(_OPTION, word, "allowed: setting=low..high, mirror.z5_nm=-50..50 say")
        if name.strip() in found:
            raise InputError(_OPTION, name.strip(), "named twice")
        found[name.strip()] = pair
    return found


def with_ranges(
    file: SessionFile, ranges: Mapping[str, Sequence[float]], safety: Safety
) -> SessionFile:
    """Return the file with other ranges, on the device thread; nothing moves.

    Parameters
    ----------
    file
        Of the session.
    ranges
        Setting to low and high.
    safety
        The devices with their limits.

    Raises
    ------
    InputError
        A setting is not searched, has choices and no range, or the range is none or leaves what
        device and rig allow.
    """
    if not ranges:
        return file
    axes = list(file.spec.search)
    names = [safety.setting(axis.setting).name for axis in axes]
    for given, (low, high) in ranges.items():
        try:
            name = safety.setting(given).name
        except SafetyError as error:
            raise InputError(_OPTION, given, str(error)) from None
        if name not in names:
            raise InputError(_OPTION, given, f"not searched, allowed: {', '.join(sorted(names))}")
        least, most = safety.bounds(name)
        if low < least or high > most:
            raise InputError(
                _OPTION, f"{given}={low:g}..{high:g}", f"allowed: from {least:g} to {most:g}"
            )
        i = names.index(name)
        axes[i] = _with_range(axes[i], low, high)
    spec = file.spec.model_copy(update={"search": tuple(axes)})
    return replace(file, spec=spec)


def _with_range(axis: SearchAxis, low: float, high: float) -> SearchAxis:
    if axis.choices is not None:
        raise InputError(_OPTION, axis.setting, "has choices, and no range to change")
    table = axis.model_dump() | {"low": low, "high": high}
    try:
        return SearchAxis.model_validate(table)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InputError(_OPTION, axis.setting, said) from None
