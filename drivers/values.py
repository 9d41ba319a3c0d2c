"""Whether a setting's own description allows a value: one answer for every driver."""

from __future__ import annotations

import math

from drivers.errors import ValueRefused
from drivers.protocol import Setting


def allows(setting: Setting, value: object) -> bool:
    """Say whether a value has the type and lies in the range that a setting describes."""
    if setting.read_only:
        return False
    if setting.kind == "choice":
        return any(type(value) is type(choice) and value == choice for choice in setting.choices)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if setting.kind == "int" and not isinstance(value, int):
        return False
    low = -math.inf if setting.low is None else setting.low
    high = math.inf if setting.high is None else setting.high
    return math.isfinite(value) and low <= value <= high


def check_allowed(setting: Setting, value: object) -> None:
    """Refuse what a setting does not allow.

    Raises
    ------
    ValueRefused
    """
    if not allows(setting, value):
        raise ValueRefused(setting.name, value, setting.allowed())
