"""Column types: what may stand in a cell, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Double, Integer, Text
from sqlalchemy.dialects.sqlite import DATETIME as SQLITE_DATETIME
from sqlalchemy.exc import NoResultFound
from sqlalchemy.types import TypeDecorator, TypeEngine

from hil.errors import InputError


def finite(value: float | None) -> float | None:
    """Make a number one that every database, and JSON, can hold.

    NaN becomes None: SQL has its own word for "no number". Infinities become the largest finite
    number of their sign, so that a comparison still finds them.
    """
    if value is None or math.isnan(value):
        return None
    if math.isinf(value):
        return math.copysign(sys.float_info.max, value)
    return float(value)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return _plain(value.tolist())
    return value


def _to_python(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, frozenset | set):
        return sorted(value)
    if hasattr(value, "items"):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


def dump_json(value: Any) -> str:
    """Write JSON that every reader takes: no NaN, no infinity, no raw non-ASCII, no broken text."""
    try:
        text = json.dumps(value, allow_nan=False, default=_to_python)
    except ValueError:
        # Rare, so the common case does not pay for walking through the value.
        text = json.dumps(_plain(value), allow_nan=False, default=_to_python)
    return json.dumps(load_json(text)) if _MAY_BREAK.search(text) else text


def load_json(text: str | bytes) -> Any:
    """Read JSON; text in it that no other program could be given is replaced, as in `Words`."""
    if isinstance(text, bytes):  # as PostgreSQL's driver has it
        text = text.decode()
    if len(text) <= _SHORT and text.startswith('["') and (words := _words(text)) is not None:
        return list(words)
    return _parsed(text)


@lru_cache(maxsize=1024)
def _words(text: str) -> tuple[str, ...] | None:
    """Read a list of words: objectives, tags and flags, which are the same in thousands of rows."""
    value = _parsed(text)
    whole = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return tuple(value) if whole else None


def _parsed(text: str) -> Any:
    value = json.loads(text)
    return _whole(value) if _MAY_BREAK.search(text) else value


_SHORT = 200
# Halves of surrogate pairs, and NUL, as JSON writes them; two halves that belong together are well.
_MAY_BREAK = re.compile(r"\\u(?:d[89a-f]|0000)", re.IGNORECASE)


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _whole_text(value)
    if isinstance(value, dict):
        return {_whole_text(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def _whole_text(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


class Utc(TypeDecorator[datetime]):
    """A point in time: with time zone on the way in, UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use text that sorts as time on SQLite, ``timestamptz`` elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(SQLITE_DATETIME())  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone; SQLite gets the naive UTC value."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time without time zone: {value}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Attach, or convert to, UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Real(TypeDecorator[float]):
    """A float64 that is never NaN or infinite, see `finite`."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """Apply `finite`."""
        return finite(value)

    def process_result_value(self, value: float | None, dialect: Dialect) -> float | None:
        """Refuse what is no number: SQLite holds anything in any column."""
        return None if value is None else float(value)


class Whole(TypeDecorator[int]):
    """A whole number."""

    impl = Integer
    cache_ok = True

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        """Refuse what is none: SQLite holds anything in any column."""
        return _of_kind(value, int)  # type: ignore[no-any-return]


class Words(TypeDecorator[str]):
    """Text from people and devices, whatever bytes it was made of."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what PostgreSQL refuses: NUL, and halves of surrogate pairs."""
        return None if value is None else _whole_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Refuse bytes, which SQLite would hold in a column of text."""
        return _of_kind(value, str)  # type: ignore[no-any-return]


class JsonObject(TypeDecorator[dict[str, Any]]):
    """A JSON object. JSON rather than JSONB: the order of keys is kept as written."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_result_value(
        self, value: dict[str, Any] | None, dialect: Dialect
    ) -> dict[str, Any] | None:
        """Refuse what is none."""
        return _of_kind(value, dict)  # type: ignore[no-any-return]


class JsonArray(TypeDecorator[list[Any]]):
    """A JSON array."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_result_value(self, value: list[Any] | None, dialect: Dialect) -> list[Any] | None:
        """Refuse what is none."""
        return _of_kind(value, list)  # type: ignore[no-any-return]


def _of_kind(value: Any, kind: type) -> Any:
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"{type(value).__name__} where {kind.__name__} belongs")
    return value


# What reading a row raises where a cell holds another type, or a word that is none of its kind.
FROM_A_CELL = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    RecursionError,
    NoResultFound,
)


@contextmanager
def damage_told(database: str, find: Callable[[], str] = lambda: "") -> Iterator[None]:
    """Say in one line that a database holds what hil never wrote.

    Parameters
    ----------
    database
        Where it lies, without the password.
    find
        Names the cell, and what is wrong with it; empty where none is found.

    Raises
    ------
    InputError
        The work within raised what comes of such rows.
    """
    try:
        yield
    except FROM_A_CELL as error:
        said = find() or " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise damaged(database, said) from error


def damaged(database: str, said: str) -> InputError:
    """Give the error that tells what is wrong in a database's rows."""
    return InputError(
        database, "", f"a row holds what hil never writes there ({said}); a copy may be whole"
    )
