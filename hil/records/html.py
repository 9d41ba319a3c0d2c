"""Small tables of HTML for notebooks: what users and devices wrote stays text."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

_MOST = 300  # letters of a cell
# A notebook would set LaTeX in names, whether its signs are written as entities or not.
_TABLE = '<table class="tex2jax_ignore mathjax_ignore">'


def pairs_html(title: str, pairs: Iterable[tuple[str, object]]) -> str:
    """Write names and values, one pair a line; pairs without a value are left out."""
    lines = "".join(
        f'<tr><th style="text-align:left">{cell(name)}</th>'
        f'<td style="text-align:left">{cell(value)}</td></tr>'
        for name, value in pairs
        if value is not None and value != ""
    )
    return f"{_TABLE}<caption>{cell(title)}</caption><tbody>{lines}</tbody></table>"


def rows_html(title: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write rows under the names of their columns."""
    head = "".join(f"<th>{cell(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + "</tr>" for row in rows
    )
    return (
        f"{_TABLE}<caption>{cell(title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def cell(value: object) -> str:
    """Write a value as text that is no markup; numbers to five digits."""
    if isinstance(value, float):
        text = "" if math.isnan(value) else f"{value:.5g}"
    else:
        text = "" if value is None else str(value)
    text = (
        "".join(one if one.isprintable() else " " for one in text)
        .encode("utf-8", "replace")
        .decode()
    )
    short = text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
    return html.escape(short)


def interval(low: float, high: float) -> str:
    """Write an interval; empty where there is none."""
    return "" if math.isnan(low) or math.isnan(high) else f" ({low:.5g} to {high:.5g})"
