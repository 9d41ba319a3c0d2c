"""Several sessions as one page of HTML that opens anywhere, offline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hil.errors import InputError
from hil.report.comparing import figures, tables
from hil.report.material import Material, material_of
from hil.report.writing import embedded, rendered, write_page

if TYPE_CHECKING:
    from hil.store import Database

_FIGURES = (
    ("Best so far, by frames", figures.by_frames, "Frames of all trials count, of failed ones too;"
     " only trials that keep all constraints can be the best."),
    ("Best so far, by light", figures.by_light, "Sessions whose light is not known are left out."),
    ("Winners", figures.winners, "Each with its interval."),
)  # fmt: skip


def write_comparison(database: Database, sessions: Sequence[str], path: Path) -> None:
    """Write sessions as one page.

    Parameters
    ----------
    sessions
        Ids, unique beginnings of some, or ``"last"``; two or more.

    Raises
    ------
    InputError
        There is no such session, only one, or one twice; or the file cannot be written.
    """
    keys = [database.session_id(session) for session in sessions]
    if len(keys) < 2:
        raise InputError("--compare", "", "one session, allowed: two or more")
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise InputError("--compare", sessions[place], "is named twice, allowed: once each")
    write_page(path, lambda: page([material_of(database, key) for key in keys]))


def page(sessions: Sequence[Material]) -> str:
    """Write the page; all that comes from users and devices is escaped."""
    drawn = [embedded(title, said, draw(sessions)) for title, draw, said in _FIGURES]
    return rendered(
        "compare.html.jinja",
        {
            "title": f"{len(sessions)} sessions compared",
            "heads": [figures.label(one) for one in sessions],
            "warnings": list(tables.warnings(sessions)),
            "winners": list(tables.winners(sessions)),
            "figures": drawn,
            "settings": list(tables.settings(sessions)),
            "costs": list(tables.costs(sessions)),
            "asked": list(tables.asked(sessions)),
            "differ": list(tables.differ(sessions)),
        },
    )
