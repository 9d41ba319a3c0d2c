"""Two states of one rig file: of each limit the stricter holds, and what differs is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from hil.errors import InputError
from hil.spec.load import RigFile, input_error
from hil.spec.rig import DriverSpec, Limit, RigSpec, outside

# Of all other numbers the smaller is the stricter: bounds, steps, speeds, tolerances, time-outs.
_LARGER_IS_STRICTER = ("low", "settle_ms")
# What a person found out about the device, and did not choose.
_AS_FOUND = ("approach", "backlash")
_TIMEOUTS = ("frame_timeout_s", "call_timeout_s", "open_timeout_s")
# What two files hold of these all holds.
_RULES = ("interlock",)
_ABOUT_DEVICES = ("name", "camera", "driver")


def devices_differ(stored: RigSpec, now: RigSpec) -> tuple[str, str] | None:
    """Say in which key two rig files name other devices, and how; None if they do not."""
    for key in ("name", "camera"):
        was, is_ = getattr(stored, key), getattr(now, key)
        if was != is_:
            return key, _both(was, is_)
    if len(stored.driver) != len(now.driver):
        return "driver", _both(f"{len(stored.driver)} drivers", f"{len(now.driver)}", quote=False)
    for i, (was, is_) in enumerate(zip(stored.driver, now.driver, strict=True)):
        if was.kind != is_.kind:
            return f"driver.{i}.kind", _both(was.kind, is_.kind)
        for key in _options_that_differ(was, is_):
            if not _simulated_number(was, is_, key):
                told = _both(was.options.get(key), is_.options.get(key))
                return f"driver.{i}.{key}", told
    return None


def stricter(stored: RigFile, now: RigFile) -> tuple[RigFile, tuple[str, ...]]:
    """Put together what both files allow.

    Parameters
    ----------
    stored
        As it was; what is no limit stays as it stands there.
    now
        As it is; the place where it lies stays this.

    Returns
    -------
    RigFile
        Its text is JSON, which `hil.spec.load.parse` reads too.
    tuple of str
        A line for each difference: what it is now, what it was, and what holds.

    Raises
    ------
    InputError
        Nothing is allowed by both.
    """
    table = stored.spec.model_dump(mode="json", exclude_unset=True)
    lines: list[str] = []
    _merge_limits(table, stored.spec, now, lines)
    for key in RigSpec.model_fields:
        was, is_ = getattr(stored.spec, key), getattr(now.spec, key)
        if was == is_ or key == "limits":
            continue
        if key in _TIMEOUTS:
            table[key] = min(was, is_)
            lines.append(f"{key}: {_both(was, is_)}; {table[key]:g} holds")
        elif key == "park":
            table[key] = _dumped([*is_, *_left_over(was, is_)])
            lines.append("park: differs; the steps of now, and of the stored ones what they leave")
        elif key.startswith("limits_") or key in _RULES:
            table[key] = _dumped([*was, *(rule for rule in is_ if rule not in was)])
            lines.append(f"{key}: differs; what either says holds")
        elif key not in _ABOUT_DEVICES:
            lines.append(f"{key}: differs; what was stored with the session holds")
        elif key == "driver":
            lines += _driver_lines(stored.spec.driver, now.spec.driver)
    try:
        spec = RigSpec.model_validate(table)
    except ValidationError as error:
        raise input_error(error, now.path, table) from None
    text = spec.model_dump_json(exclude_unset=True)
    return RigFile(spec, text, now.path), tuple(f"{now.path.name}: {line}" for line in lines)


def tightened(running: RigFile, now: RigFile) -> str:
    """Name the first key in which a rig file allows less by now; empty if there is none.

    Parameters
    ----------
    running
        What holds.
    now
        As it lies there.
    """
    if (found := devices_differ(running.spec, now.spec)) is not None:
        return found[0]
    try:
        both, _ = stricter(running, now)
    except InputError as error:
        return error.key
    for name in dict.fromkeys((*running.spec.limits, *both.spec.limits)):
        if running.spec.limits.get(name, Limit()) != both.spec.limits.get(name, Limit()):
            return f'limits."{name}"'
    keys = ("limits_together", "limits_matrix", "interlock", "park")
    return next((k for k in keys if getattr(running.spec, k) != getattr(both.spec, k)), "")


def _merge_limits(table: dict[str, Any], stored: RigSpec, now: RigFile, lines: list[str]) -> None:
    merged = dict(table.get("limits", {}))
    for name in dict.fromkeys((*stored.limits, *now.spec.limits)):
        was, is_ = stored.limits.get(name, Limit()), now.spec.limits.get(name, Limit())
        if was == is_:
            continue
        limit, said = _stricter_limit(was, is_)
        if problem := _nothing_left(limit):
            told = f"{problem}, as the file is now and as it was stored with the session"
            raise InputError(now.path, f'limits."{name}"', told)
        merged[name] = {key: value for key, value in limit.items() if value is not None}
        lines += [f'limits."{name}".{line}' for line in said]
    if merged:
        table["limits"] = merged


def _stricter_limit(was: Limit, is_: Limit) -> tuple[dict[str, Any], list[str]]:
    limit: dict[str, Any] = {}
    lines: list[str] = []
    for key in Limit.model_fields:
        before, after = getattr(was, key), getattr(is_, key)
        limit[key] = _stricter_value(key, before, after)
        if before != after:
            lines.append(f"{key}: {_both(before, after)}; {_shown(limit[key])} holds")
    if limit["choices"] is not None:
        bounds = Limit(low=limit["low"], high=limit["high"])
        limit["choices"] = [value for value in limit["choices"] if not outside(bounds, value)]
        limit["low"] = limit["high"] = None
    return limit, lines


def _stricter_value(key: str, was: Any, is_: Any) -> Any:
    if was == is_ or key in _AS_FOUND:
        return is_
    if was is None or is_ is None:
        return is_ if was is None else was
    if key == "choices":
        return [value for value in was if value in is_]
    if isinstance(was, str):
        return is_
    return max(was, is_) if key in _LARGER_IS_STRICTER else min(was, is_)


def _nothing_left(limit: Mapping[str, Any]) -> str:
    if limit["choices"] == []:
        return "no choice is allowed"
    low, high = limit["low"], limit["high"]
    if low is not None and high is not None and low > high:
        return f"no value is allowed (low {low:g}, high {high:g})"
    return ""


def _left_over(was: Sequence[Any], is_: Sequence[Any]) -> list[dict[str, Any]]:
    """Give the steps of before for settings that the steps of now leave alone."""
    parked = {name for step in is_ for name in step.set}
    left = [{n: v for n, v in step.set.items() if n not in parked} for step in was]
    return [{"set": step} for step in left if step]


def _dumped(rules: Sequence[Any]) -> list[Any]:
    return [
        rule if isinstance(rule, dict) else rule.model_dump(mode="json", exclude_unset=True)
        for rule in rules
    ]


def _driver_lines(was: Sequence[DriverSpec], is_: Sequence[DriverSpec]) -> list[str]:
    return [
        f"driver.{i}.{key}: {_both(before.options.get(key), after.options.get(key))};"
        f" {_shown(before.options.get(key))} holds"
        for i, (before, after) in enumerate(zip(was, is_, strict=True))
        for key in _options_that_differ(before, after)
    ]


def _options_that_differ(was: DriverSpec, is_: DriverSpec) -> list[str]:
    keys = dict.fromkeys((*was.options, *is_.options))
    return [key for key in keys if was.options.get(key) != is_.options.get(key)]


def _simulated_number(was: DriverSpec, is_: DriverSpec, key: str) -> bool:
    """Whether an option is a number of a simulation, which names no device and no file."""
    values = (was.options.get(key), is_.options.get(key))
    return was.kind.startswith("sim.") and all(
        value is None or isinstance(value, (int, float)) for value in values
    )


def _both(was: Any, is_: Any, *, quote: bool = True) -> str:
    now, then = (_shown(is_), _shown(was)) if quote else (is_, was)
    return f"{now} now, {then} stored with the session"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:g}"
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."
