"""What the shell completes: sessions, settings, estimators.

It only reads, and where that fails there is nothing to complete. Names come from users and devices,
and what is completed stands on the command line: none is one that a shell would obey there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hil.store import Database

_MOST = 50
# What shells obey, and what the script for zsh does not quote: a backslash before a dollar sign.
_ACTS = re.compile(r"""[`$\\"'!;&|<>*?#~{}\[\]]""")
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
    known = [name for name in names if name.isprintable() and not _ACTS.search(name)]
    return [_word(name) for name in [*known, *_COLUMNS] if name.startswith(incomplete)]


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


def _word(name: str) -> str:
    """Write a name as one word; other shells than bash do that themselves."""
    bash = os.environ.get("_HIL_COMPLETE") == "complete_bash"
    return re.sub(r"([ ()])", r"\\\1", name) if bash else name


def _plain(text: str) -> str:
    """Keep what a shell takes as text, on one line."""
    kept = "".join(one if one.isprintable() else " " for one in _ACTS.sub(" ", text))
    return " ".join(kept.split())[:60]
