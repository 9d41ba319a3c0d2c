"""What the shell completes: sessions, settings, estimators.

It only reads, and where that fails there is nothing to complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hil.store import Database

_MOST = 50
# Beside the settings, what people sort and filter by.
_COLUMNS = "objective ci_low ci_high dose_mj number state kind tags note flags reason".split()


def session_ids(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Name the newest sessions whose ids begin so."""
    found: list[tuple[str, str]] = []
    with suppress(Exception), _database(context) as database:
        rows = database.session_rows(limit=None if incomplete else _MOST)
        keys, names = rows.column("session_id"), rows.column("name")
        found = [(str(key)[:8], _plain(str(name))) for key, name in zip(keys, names, strict=True)]
    known = [("last", "the newest"), *found]
    return [one for one in known if one[0].startswith(incomplete[:8])][:_MOST]


def settings(context: typer.Context, incomplete: str) -> list[str]:
    """Name settings of recorded trials, and columns."""
    names: list[str] = []
    with suppress(Exception), _database(context) as database:
        names = [name for name in database.trial_rows(limit=1).names if "." in name]
    return [name for name in [*names, *_COLUMNS] if name.startswith(incomplete)]


def searched(context: typer.Context, incomplete: str) -> list[str]:
    """Name settings for ``--search``, with the sign that follows."""
    return [f"{name}=" for name in settings(context, incomplete) if "." in name]


def estimators(incomplete: str) -> list[str]:
    """Name the estimators, of other packages too."""
    with suppress(Exception):
        from hil.information.registry import estimator_names

        return [name for name in estimator_names() if name.startswith(incomplete)]
    return []


@contextmanager
def _database(context: typer.Context) -> Iterator[Database]:
    from hil.store import open_database

    with open_database(context.params.get("db"), read_only=True) as database:
        yield database


def _plain(text: str) -> str:
    """Keep what a shell takes as text, on one line."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:60]
