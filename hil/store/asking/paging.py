"""Orders that are total, and what comes after a row in them: pages that cost no more far behind.

A page is named by the last row of the one before, not by how many rows were seen: rows that have
come meanwhile shift nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import ColumnElement, and_, false, or_, tuple_


class SessionPage(TypedDict, total=False):
    """Which sessions are asked for, and in what order; see `Database.sessions`."""

    where: Sequence[str]
    sort: str | None
    limit: int | None
    after: str | None


class TrialPage(TypedDict, total=False):
    """Which trials are asked for, and in what order; see `Database.trials`."""

    where: Sequence[str]
    sort: str | None
    limit: int | None
    after: str | int | None


class Key(NamedTuple):
    """One expression that rows are sorted by; rows without a value come last."""

    expression: Any
    downwards: bool = False

    @property
    def nullable(self) -> bool:
        """Whether it may be missing; of an expression that is no column it may."""
        return bool(getattr(self.expression, "nullable", True))

    def ordering(self) -> Any:
        """Write the term of ORDER BY."""
        # Where nothing is missing the words are left out: PostgreSQL takes no plain index for them.
        term = self.expression.desc() if self.downwards else self.expression.asc()
        return term.nulls_last() if self.nullable else term


def rows_after(keys: Sequence[Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """Say which rows come after the one with these values.

    Parameters
    ----------
    keys
        The order; no two rows are equal in all of it.
    values
        Of the row, one for each key; None where it has none.
    """
    if all(not key.nullable and key.downwards == keys[0].downwards for key in keys):
        # One comparison of rows, which an index serves.
        expressions = tuple_(*(key.expression for key in keys))
        row = tuple_(*values, types=[key.expression.type for key in keys])
        return expressions < row if keys[0].downwards else expressions > row
    (key, *rest), (value, *others) = keys, values
    later = or_(_beyond(key, value), *([key.expression.is_(None)] if value is not None else []))
    if not rest:
        return _beyond(key, value)
    same = key.expression.is_(None) if value is None else key.expression == value
    return or_(later if key.nullable else _beyond(key, value), and_(same, rows_after(rest, others)))


def _beyond(key: Key, value: Any) -> ColumnElement[bool]:
    if value is None:
        return false()  # nothing comes after the rows without a value
    found: ColumnElement[bool] = key.expression < value if key.downwards else key.expression > value
    return found
