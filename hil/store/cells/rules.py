"""Rules of what a cell may hold: those of its column's type, and the shapes of JSON.

A rule takes a value and says what is wrong with it, as a clause; empty where nothing is. Rules are
no stricter than what any version of hil has written.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias, get_args

from sqlalchemy import Column, Integer, Table
from sqlalchemy.types import TypeEngine

from hil.records.session import SessionState
from hil.records.trial import TrialKind, TrialState
from hil.store.columns import JsonArray, JsonObject, Real, Utc, Whole, load_json

Rule: TypeAlias = Callable[[Any], str]

_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(\+00(:?00)?)?")
_LARGEST = 2**63
_ROUNDED_UP = Decimal("1.79769313486232e308")  # the largest float64, as SQLite writes it


def rule_of(column: Column[Any]) -> Rule:
    """Give the rule of a column, for its cell as text; cells without a value are not asked."""
    name = f"{column.table.name}.{column.name}"
    of_type = _of_type(column.type)
    shape = SHAPES.get(name)
    if isinstance(column.type, JsonObject | JsonArray):
        return _json(of_type, shape or _anything)
    words = WORDS.get(name)
    return of_type if words is None else _one_of(words)


def check_row(table: Table, row: Mapping[Any, Any]) -> None:
    """Refuse a row that was read and whose JSON is none that hil writes: it is used much later.

    Raises
    ------
    TypeError
        Naming the column.
    """
    for column in table.columns:
        if not isinstance(column.type, JsonObject | JsonArray):
            continue
        value = row[column.name]
        if value is None:  # JSON's own null comes so, too
            problem = "" if column.nullable else "null where a value belongs"
        else:
            problem = SHAPES.get(f"{table.name}.{column.name}", _anything)(value)
        if problem:
            raise TypeError(f"{column.name}: {problem}")


def _of_type(kind: TypeEngine[Any]) -> Rule:
    for types, rule in (
        (JsonObject, _object),
        (JsonArray, _array),
        (Utc, _time),
        (Real, _real_text),
        (Whole | Integer, _whole_text),
    ):
        if isinstance(kind, types):
            return rule
    return _anything


def _anything(value: Any) -> str:
    return ""


def _time(text: str) -> str:
    try:
        if _TIME.fullmatch(text) and datetime.fromisoformat(text):
            return ""
    except ValueError:
        pass
    return f"{shown(text)} is no time"


def _real_text(text: str) -> str:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return f"{shown(text)} is no number"
    return "" if found.is_finite() and abs(found) <= _ROUNDED_UP else f"{shown(text)} is not finite"


def _whole_text(text: str) -> str:
    try:
        found = int(text)
    except ValueError:
        return f"{shown(text)} is no whole number"
    return "" if -_LARGEST <= found < _LARGEST else f"{shown(text)} is too large"


def _one_of(words: tuple[str, ...]) -> Rule:
    def rule(text: str) -> str:
        return "" if text in words else f"{shown(text)} is none of {', '.join(words)}"

    return rule


def _json(kind: Rule, shape: Rule) -> Rule:
    def rule(text: str) -> str:
        try:
            value = load_json(text)
        except (ValueError, RecursionError):
            return f"{shown(text)} is no JSON"
        return kind(value) or shape(value)

    return rule


def _object(value: Any) -> str:
    return "" if isinstance(value, dict) else f"{called(value)} where an object belongs"


def _array(value: Any) -> str:
    return "" if isinstance(value, list) else f"{called(value)} where a list belongs"


def text(value: Any) -> str:
    """Say whether it is not words."""
    return "" if isinstance(value, str) else f"{called(value)} where text belongs"


def whole(value: Any) -> str:
    """Say whether it is not a whole number from 0 on."""
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST
    return "" if good else f"{called(value)} where a whole number belongs"


def number(value: Any) -> str:
    """Say whether it is not a finite number; null stands for NaN."""
    good = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    if not good:
        return f"{called(value)} where a number belongs"
    try:
        return "" if value is None or math.isfinite(value) else f"{value} is not finite"
    except OverflowError:
        return "a number is too large"


def setting(value: Any) -> str:
    """Say whether it is not the value of a setting, as it was asked for or read back."""
    return "" if isinstance(value, str | bool) else number(value)


def each(rule: Rule) -> Rule:
    """Give the rule of a list, or of the values of an object."""

    def of_each(value: Any) -> str:
        items = value.values() if isinstance(value, dict) else value
        return next((problem for item in items if (problem := rule(item))), "")

    return of_each


def some(rule: Rule) -> Rule:
    """Give the rule of a list that is not empty."""
    return lambda value: each(rule)(value) if value else "it is empty"


def array(rule: Rule) -> Rule:
    """Give the rule of what has to be a list."""
    return lambda value: _array(value) or each(rule)(value)


def table(rule: Rule) -> Rule:
    """Give the rule of what has to be an object."""
    return lambda value: _object(value) or each(rule)(value)


def keys(**rules: Rule) -> Rule:
    """Give the rule of an object of which some keys are known; none of them has to be there."""

    def of_keys(value: Any) -> str:
        for name, rule in rules.items():
            if value.get(name) is not None and (problem := rule(value[name])):
                return f"{name}: {problem}"
        return ""

    return of_keys


def _steps(value: Any) -> str:
    bad = next((key for key in value if not key.lstrip("-").isdecimal()), None)
    return each(number)(value) if bad is None else f"{shown(bad)} is no step"


def _distribution(value: Any) -> str:
    if problem := text(value):
        return problem
    try:
        return _object(json.loads(value))
    except (ValueError, RecursionError):
        return f"{shown(value)} is no JSON"


def shown(value: object) -> str:
    """Show a value in a line: the beginning of one that is long."""
    line = " ".join(repr(value).split())
    return line if len(line) <= 40 else f"{line[:37]}..."


def called(value: object) -> str:
    """Name a value of JSON."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    for kind, name in ((dict, "an object"), (list, "a list"), (str, "text")):
        if isinstance(value, kind):
            return name
    return f"the number {shown(value)}"


SHAPES: Mapping[str, Rule] = {
    "session.objectives": some(text),
    "session.versions": each(text),
    "session.tags": each(text),
    "session.extra": keys(
        session_path=text,
        rig_path=text,
        kind=text,
        layout=_object,
        manifest=_object,
        settings=array(_object),
        search=table(_anything),
    ),
    "trial.requested": each(setting),
    "trial.settings": each(setting),
    "trial.distributions": each(_distribution),
    "trial.intermediate": _steps,
    "trial.constraints": each(number),
    "trial.objectives": each(number),
    "trial.tags": each(text),
    "acquisition.shape": each(whole),
    "acquisition.fields": each(whole),
    "acquisition.checksums": each(text),
    "estimate.flags": each(text),
    "estimate.per_field_bits": each(number),
    "estimate.details": keys(
        objective_fields=array(number),
        light_sensitivity=array(number),
        light_sensitivity_bits=number,
        dose_mj=number,
        fields=array(whole),
        metrics=_object,
    ),
}
WORDS: Mapping[str, tuple[str, ...]] = {
    "session.state": tuple(str(state) for state in SessionState),
    "trial.state": tuple(str(state) for state in TrialState),
    "trial.kind": get_args(TrialKind),
}
