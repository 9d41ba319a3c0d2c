"""Figures of a session by name: ``hil.plot.draw(database, "last", "history")`` in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure as Figure

from hil.errors import InputError, nearest
from hil.report import course_figures, settings_figures
from hil.report.drawing import known_format, save
from hil.report.material import Material, material_of
from hil.report.metrics_figure import metrics

if TYPE_CHECKING:
    from hil.session.result import SessionResult
    from hil.store import Database

KINDS: Mapping[str, Callable[[Material], Figure]] = {
    "history": course_figures.history,
    "slices": settings_figures.slices,
    "importance": settings_figures.importance,
    "parallel": settings_figures.parallel,
    "pairs": settings_figures.pairs,
    "pareto": settings_figures.pareto,
    "fields": course_figures.fields,
    "drift": course_figures.drift,
    "frames": course_figures.frames,
    "metrics": metrics,
}


def draw(database: Database, session: str = "last", kind: str = "history") -> Figure:
    """Draw a session.

    Parameters
    ----------
    database
        Made by `hil.open_database`.
    session
        An id, a unique beginning of one, or ``"last"``.
    kind
        A name of `KINDS`.

    Returns
    -------
    matplotlib.figure.Figure
        Where there is nothing to draw it says why.

    Raises
    ------
    InputError
        There is no such session or kind.
    """
    return _drawer(kind)(material_of(database, session))


def session(
    of: str | SessionResult = "last",
    kind: str = "history",
    *,
    database: str | None = None,
    frames: str | Path | None = None,
) -> Figure:
    """Draw a session by its result, or by its name, without opening the database first.

    Parameters
    ----------
    of
        What `hil.run_session` gave; or an id, a unique beginning of one, or ``"last"``.
    kind
        As for `draw`.
    database, frames
        As for `hil.open_database`; of a result, where it was recorded.

    Raises
    ------
    InputError
        As for `draw`.
    """
    from hil.store import open_database

    if isinstance(of, str):
        name, url, folder = of, database, None if frames is None else Path(frames)
    else:
        name, url, folder = of.session_id, database or of.database, Path(frames or of.frames)
    with open_database(url, frames=folder, read_only=True) as opened:
        return draw(opened, name, kind)


def draw_to_file(database: Database, session: str, kind: str, path: Path) -> None:
    """Draw a session into a .png, .svg or .pdf file.

    Raises
    ------
    InputError
        As for `draw`, or the file's ending is another or it cannot be written.
    """
    known_format(path)
    save(draw(database, session, kind), path)


def _drawer(kind: str) -> Callable[[Material], Figure]:
    if kind not in KINDS:
        raise InputError("--kind", kind, f"unknown, {nearest(kind, KINDS)}")
    return KINDS[kind]
