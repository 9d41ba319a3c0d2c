"""How all figures of a session look, and how they become files: text is text, never markup."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hil.errors import InputError
from hil.records.plain_text import shown
from hil.report.files.whole_file import whole_file

BLUE, ORANGE, GREY, LIGHT = "#0072b2", "#d55e00", "#6b6b6b", "#cccccc"
FORMATS = ("png", "svg", "pdf")
# Beyond so many points they are drawn as pixels: a page of 20,000 vectors is of no use.
MANY = 1500

_STYLE: Any = {
    "font.size": 9,
    "legend.framealpha": 0.8,
    "legend.edgecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    # Names come from users and devices: a dollar sign is one.
    "text.parse_math": False,
    "text.usetex": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "hil",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw within it."""
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # Letters that the font lacks are boxes, which is no reason to fail.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def empty(text: str) -> Figure:
    """Say why there is nothing to draw; its label says it to pages, as text."""
    with style():
        figure = Figure(figsize=(7, 1.6), layout="constrained")
        axis = figure.subplots()
        axis.set_axis_off()
        axis.text(0.5, 0.5, text, ha="center", va="center", color=GREY)
    figure.set_label(text)
    return figure


def dots(axis: Any, x: Any, y: Any, **options: Any) -> Any:
    """Draw points, as pixels where they are many."""
    known: dict[str, Any] = {"s": 12 if len(x) <= MANY else 2, "color": GREY, "linewidths": 0}
    if "c" in options:
        known.pop("color")
    return axis.scatter(x, y, rasterized=len(x) > MANY, **(known | options))


def whole_numbers(axis: Any) -> None:
    """Have the x axis of trials name no halves of them."""
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def short(name: str, most: int = 40) -> str:
    """Cut a name where it would leave no room for the figure."""
    name = shown(" ".join(name.split()))
    return name if len(name) <= most else f"{name[: most - 1]}…"


def svg(figure: Figure) -> str:
    """Write a figure as SVG."""
    stream = io.StringIO()
    # Points by the thousand are noise, which no compression makes small.
    pixels = any(dotted.get_rasterized() for axis in figure.axes for dotted in axis.collections)
    with style():
        figure.savefig(stream, format="svg", dpi=75 if pixels else 120, metadata={"Date": None})
    return stream.getvalue()


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the file's ending.

    Raises
    ------
    InputError
        The ending is none of png, svg and pdf, or the file cannot be written.
    """
    form = known_format(path)
    with whole_file(path) as partial, style():
        figure.savefig(partial, format=form, dpi=150)


def known_format(path: Path) -> str:
    """Give the format that a file's ending names.

    Raises
    ------
    InputError
        It names none.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise InputError("-o", str(path), "allowed: a name that ends in .png, .svg or .pdf")
    return form
