"""What a device says of its settings, looked at before anything rests on it.

A bound that is no number lets everything through, or nothing; a value to park at that the device
does not take is found out with the light on.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from numbers import Real
from typing import get_args

import numpy as np

from drivers.protocol import BoundsTogether, Kind, Role, Setting


def description_problem(label: str, settings: Sequence[Setting]) -> str:
    """Say what is wrong with a device's description; empty if nothing is.

    Parameters
    ----------
    label
        The device's.
    settings
        As it describes them.
    """
    names = [setting.name for setting in settings]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        return f"{twice} is described twice"
    return next((problem for one in settings if (problem := _problem(label, one))), "")


def bounds_problem(label: str, names: Collection[str], told: object) -> str:
    """Say what is wrong with the bounds that a device says its settings have together.

    Parameters
    ----------
    label
        The device's.
    names
        Of its numeric settings.
    told
        What it says: a tuple or a list of `BoundsTogether`.
    """
    if not isinstance(told, tuple | list):
        return f"a {type(told).__name__}, allowed: a tuple of BoundsTogether"
    for i, bounds in enumerate(told):
        if not isinstance(bounds, BoundsTogether):
            return f"{i}: a {type(bounds).__name__}, allowed: BoundsTogether"
        if not bounds.settings or not set(bounds.settings) <= set(names):
            return f"{i}: settings {bounds.settings!r}, allowed: numeric ones of {label}"
        if said := _rows_problem(bounds):
            return f"{i}: {said}"
    return ""


def _rows_problem(bounds: BoundsTogether) -> str:
    """Say which array is none that bounds rows; NaN, which nothing passes, bounds none."""
    shapes = {"matrix": (n := len(bounds.matrix), len(bounds.settings))}
    for key, shape in {**shapes, "offset": (n,), "lows": (n,), "highs": (n,)}.items():
        array = getattr(bounds, key)
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
            return f"{key} is no array of numbers"
        if array.shape != shape:
            return f"{key} is {array.shape}, allowed: {shape}"
        if np.isnan(array).any() or ((key in shapes or key == "offset") and np.isinf(array).any()):
            return f"{key} has values that are no numbers"
    if (bounds.lows > bounds.highs).any():
        return "a low is above its high"
    if len(bounds.names) not in (0, n):
        return f"{len(bounds.names)} names, allowed: {n}, or none"
    good = _is_number(bounds.sum_abs) and bounds.sum_abs > 0
    return "" if good else f"sum_abs is {bounds.sum_abs!r}, allowed: above 0"


def _problem(label: str, setting: Setting) -> str:
    if not setting.name.startswith(f"{label}.") or setting.name == f"{label}.":
        return f"{setting.name!r} is described, allowed: {label}.PROPERTY"
    for key, value, allowed in (
        ("kind", setting.kind, get_args(Kind)),
        ("role", setting.role, get_args(Role)),
    ):
        if value not in allowed:
            return f"{setting.name}: {key} is {value!r}, allowed: {', '.join(allowed)}"
    for key in ("tolerance", "backlash"):
        value = getattr(setting, key)
        if not _is_number(value) or not 0 <= value < math.inf:
            return f"{setting.name}: {key} is {value!r}, allowed: a number from 0"
    wrong = _choices_problem(setting) if setting.kind == "choice" else _bounds_problem(setting)
    return wrong or _park_problem(setting)


def _choices_problem(setting: Setting) -> str:
    if not setting.choices:
        return f"{setting.name}: it has no choices, allowed: one or more"
    if len(set(setting.choices)) < len(setting.choices):
        return f"{setting.name}: two of its choices are the same"
    return ""


def _bounds_problem(setting: Setting) -> str:
    for key, value in (("low", setting.low), ("high", setting.high)):
        if value is not None and (not _is_number(value) or math.isnan(value)):
            return f"{setting.name}: {key} is {value!r}, allowed: a number"
    if setting.low is not None and setting.high is not None and setting.low > setting.high:
        return f"{setting.name}: low is {setting.low:g}, allowed: up to high, {setting.high:g}"
    return ""


def _park_problem(setting: Setting) -> str:
    value = setting.park
    if value is None or setting.read_only:
        return ""
    if setting.kind == "choice":
        fits = value in setting.choices
    else:
        low = -math.inf if setting.low is None else setting.low
        high = math.inf if setting.high is None else setting.high
        fits = _is_number(value) and math.isfinite(value) and low <= value <= high  # type: ignore[arg-type, operator]
        fits = fits and (setting.kind != "int" or value == int(value))
    return "" if fits else f"{setting.name}: park is {value!r}, allowed: {setting.allowed()}"


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
