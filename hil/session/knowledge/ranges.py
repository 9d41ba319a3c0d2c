"""Whether a setting lies where a session searches."""

from __future__ import annotations

from drivers.types import Value
from hil.spec import SearchAxis


def in_range(axis: SearchAxis, value: Value | None) -> bool:
    """Whether a value is one of the axis's choices, or inside its range."""
    if axis.choices is not None:
        return value in axis.choices
    if isinstance(value, str) or value is None or axis.low is None or axis.high is None:
        return False
    return axis.low <= value <= axis.high


def shown(axis: SearchAxis) -> str:
    """Tell the choices or the range, for a message."""
    if axis.choices is not None:
        return ", ".join(map(str, axis.choices))
    return f"from {axis.low:g} to {axis.high:g}"
