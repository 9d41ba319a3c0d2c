"""Conditions to SQL. Names come from the program or the database, values are bound parameters."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from hil.store.asking.where import Condition, as_number
from hil.store.models import SettingTable, TrialTable

Type = Literal["text", "number", "time", "tags"]

# Of so many trials that fit, the first few in order are not looked for by their values.
_MANY = 2000

# The bound value is anything; SQLAlchemy types it after the column.
_COMPARE: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def column_filter(condition: Condition, column: Any, kind: Type, dialect: str) -> Any:
    """Write a condition on a column.

    Raises
    ------
    InputError
        The operator or the right side does not suit the column.
    """
    if kind == "tags":
        condition.refuse_operator("=", "!=", "~")
        return _tags(condition, column, dialect)
    if kind == "number":
        condition.refuse_operator("=", "!=", "<", "<=", ">", ">=")
        return _COMPARE[condition.operator](column, condition.number())
    if kind == "time":
        condition.refuse_operator("=", "!=", "<", "<=", ">", ">=")
        return _COMPARE[condition.operator](column, condition.time())
    if condition.operator == "~":
        return column.icontains(condition.right, autoescape=True)
    return _COMPARE[condition.operator](column, condition.right)


def setting_filter(
    connection: Connection, condition: Condition, *, by_trial: bool
) -> ColumnElement[bool]:
    """Write a condition on what a trial's setting read back.

    A number on the right is compared with numbers, and by ``=`` also with words such as the label
    ``"2"`` of a filter wheel. A trial that did not get as far as a read-back fits no condition.

    Parameters
    ----------
    by_trial
        Not all trials are wanted but the first few, or those of a session. Where many fit, these
        are met soon in going through the trials, and listing all that fit takes longer.

    Raises
    ------
    InputError
        The operator does not suit the right side.
    """
    number = as_number(condition.right)
    word = SettingTable.value_text
    if condition.operator == "~":
        fits: ColumnElement[bool] = word.icontains(condition.right, autoescape=True)
    elif condition.operator in ("=", "!="):
        same = word == condition.right
        if number is not None:
            same = or_(SettingTable.value_num == number, same)
        if condition.operator == "=":
            fits = same
        else:
            known = or_(word.is_not(None), SettingTable.value_num.is_not(None))
            fits = and_(known, not_(func.coalesce(same, false())))
    else:
        fits = _COMPARE[condition.operator](SettingTable.value_num, condition.number())
    named = select(SettingTable.trial_id).where(SettingTable.name == condition.left, fits)
    if by_trial and fit_many(connection, named):
        return exists(named.where(SettingTable.trial_id == TrialTable.id).correlate(TrialTable))
    # IN rather than EXISTS: the index on (name, value) can then lead.
    return TrialTable.id.in_(named)


def fit_many(connection: Connection, named: Select[Any]) -> bool:
    """Whether so many rows fit that the first few in some order are met soon in that order."""
    some = named.limit(_MANY).subquery()
    return bool(connection.execute(select(func.count()).select_from(some)).scalar() == _MANY)


def _tags(condition: Condition, column: Any, dialect: str) -> ColumnElement[bool]:
    if dialect == "sqlite":
        items = func.json_each(column).table_valued("value")
    else:
        items = func.json_array_elements_text(column).table_valued("value").render_derived()
    if condition.operator == "~":
        fits = items.c.value.icontains(condition.right, autoescape=True)
    else:
        fits = items.c.value == condition.right
    found = exists(select(true()).select_from(items).where(fits))
    return not_(found) if condition.operator == "!=" else found
