"""What is tried instead: samplers, numbers of trials, and stopping rules, each with each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from hil.errors import InputError, nearest
from hil.spec import SessionSpec
from hil.spec.load import parse

_WHERE = "--what-if"
# Key to where it stands in a session file, and what reads its value.
_KEYS: Mapping[str, tuple[tuple[str, ...], Callable[[str], Any]]] = {
    "sampler": (("sampler", "kind"), str),
    "trials": (("trials",), int),
    "frames": (("stop", "frames"), int),
    "dose_mj": (("stop", "dose_mj"), float),
    "wall_s": (("stop", "wall_s"), float),
    "target": (("stop", "target"), float),
    "gain": (("stop", "gain"), float),
    "remeasure": (("finish", "remeasure"), int),
}
_STOPS = ("frames", "dose_mj", "wall_s", "target", "gain")
_MOST_CASES = 24
MODEL = "model"


@dataclass(frozen=True, slots=True)
class Case:
    """One search that might have been.

    Parameters
    ----------
    name
        What differs, in the words of the command line.
    spec
        The session as it would have been.
    """

    name: str
    spec: SessionSpec


def cases_of(texts: Sequence[str], spec: SessionSpec, trials: int | None) -> list[Case]:
    """Read the options.

    Parameters
    ----------
    texts
        ``"sampler=gp,tpe"``, ``"gain=0.01"``, ...; where several are given, each value with each.
    spec
        The session as it was.
    trials
        Another number of trials for all; None for the session's.

    Raises
    ------
    InputError
        Naming the key or the value, and what is allowed.
    """
    chosen: dict[str, list[Any]] = {}
    for text in texts:
        key, _, listed = text.partition("=")
        key = key.strip()
        if key not in _KEYS:
            raise InputError(_WHERE, key or text, nearest(key, _KEYS))
        if key in chosen:
            raise InputError(_WHERE, key, "is given twice, allowed: KEY=VALUE,VALUE")
        chosen[key] = [_value(key, one.strip()) for one in listed.split(",")]
    if trials is not None and "trials" in chosen:
        raise InputError(_WHERE, "trials", "is given beside --trials, allowed: one of both")
    n_cases = 1
    for values in chosen.values():
        n_cases *= len(values)
    if n_cases > _MOST_CASES:
        raise InputError(_WHERE, "", f"{n_cases} cases, allowed: up to {_MOST_CASES}")
    return [
        _case(dict(zip(chosen, values, strict=True)), spec, trials)
        for values in product(*chosen.values())
    ]


def _value(key: str, text: str) -> Any:
    reads = _KEYS[key][1]
    try:
        if not text:
            raise ValueError
        return reads(text)
    except ValueError:
        kind = {int: "a whole number", float: "a number"}.get(reads, "a name")  # type: ignore[call-overload]
        raise InputError(_WHERE, key, f"{text!r}, allowed: {kind}") from None


def _case(changes: Mapping[str, Any], spec: SessionSpec, trials: int | None) -> Case:
    table: dict[str, Any] = spec.model_dump(mode="json", exclude_unset=True)
    for key in ("pause", "approval", "finish"):
        table.pop(key, None)
    kept = table.pop("stop", {})
    table["stop"] = {key: kept[key] for key in _STOPS if key in kept}
    if changes.get("sampler") == MODEL:
        raise InputError(_WHERE, "sampler", f"'{MODEL}' fits frames, and there are none: try auto")
    if spec.sampler.kind == MODEL:
        table["sampler"] = {"kind": "auto"}  # which took over from it
    table["trials"] = trials or changes.get("trials", spec.trials)
    finish = {"remeasure": spec.remeasured}
    if "sampler" in changes and changes["sampler"] != spec.sampler.kind:
        table["sampler"] = {"kind": changes["sampler"]}
        table["stop"].pop("gain", None)  # a rule of sampler auto alone
        finish = {}
    for key, value in changes.items():
        if key in ("sampler", "trials"):
            continue
        place = _KEYS[key][0]
        if key == "remeasure":
            finish = {"remeasure": value}
        else:
            table.setdefault(place[0], {})[place[1]] = value
    if finish and finish["remeasure"] < table["trials"]:
        table["finish"] = finish
    name = " ".join(f"{key}={value}" for key, value in changes.items())
    return Case(name, parse(SessionSpec, json.dumps(table), _WHERE))
