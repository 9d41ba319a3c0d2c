"""Pages as text: everything that comes from users, devices and databases is escaped."""

from __future__ import annotations

import importlib.metadata
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from hil.report.writing import printable

_ROOM = Path(__file__).parent
STATIC = {
    "watch.css": (_ROOM / "static" / "watch.css", "text/css"),
    "watch.js": (_ROOM / "static" / "watch.js", "text/javascript"),
}


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ROOM / "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=False,
    )


def written(template: str, *, heading: str, database: str, **values: Any) -> str:
    """Write a page.

    Parameters
    ----------
    template
        Its file in ``pages``, without ``.html.jinja``.
    heading
        Its heading, and its title.
    database
        Where the sessions lie, without password.
    """
    known = {"stream": "", "back": True, "title": f"{heading} - hil", "heading": heading}
    return printable(
        _environment()
        .get_template(f"{template}.html.jinja")
        .render(
            **{**known, **values},
            database=database,
            hil_version=importlib.metadata.version("hil-imaging"),
        )
    )
