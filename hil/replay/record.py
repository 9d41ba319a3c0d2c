"""``hil record`` and ``hil scan``: settings measured one after the other, without any search."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hil.errors import InputError
from hil.records.session import Observer
from hil.replay.run_planned import PlannedRun, check_within, run_planned
from hil.replay.table import SettingsTable, table_session
from hil.rig.rig import Rig
from hil.session.planned import ListedProposer, Planned
from hil.session.result import SessionResult
from hil.session.run import show_nothing
from hil.session.search_space import SearchSpace
from hil.spec import load_rig_file, load_session_file
from hil.supervision.stop import StopSwitch


def record_table(
    rig: str | Path,
    table: SettingsTable,
    database: str | None = None,
    *,
    frames: Path | None = None,
    name: str = "",
    session: str | Path | None = None,
    repeats: int | None = None,
    kind: str = "record",
    extra: Mapping[str, Any] | None = None,
    note: str = "",
    accept_calibration: bool = False,
    observer: Observer = show_nothing,
    stop: StopSwitch | None = None,
) -> SessionResult:
    """Measure every row of a table, in its order, as a session.

    Parameters
    ----------
    rig
        The rig file.
    table
        The settings.
    name
        Of the session; by default the table's.
    session
        A session file whose fields of view, repeats, estimator and objective are used.
    repeats
        Frames of each field of view.
    kind, extra, note
        Stored with the session.
    database, frames, accept_calibration, observer, stop
        As for `hil.run_session`.

    Raises
    ------
    InputError
        The files are wrong; nothing was written and nothing moved.
    RigHeld, RigError, StoreError
        As for `hil.run_session`.
    """
    if table.files:
        raise InputError(table.path, "file", "frames are taken here, so there is no such column")
    rig_file = load_rig_file(rig)
    like = None if session is None else load_session_file(session, rig).spec
    file = table_session(table, rig_file, name or table.path.stem, like=like, repeats=repeats)

    def planned(opened: Rig, space: SearchSpace) -> Planned:
        return planned_rows(table, opened, space)

    run = PlannedRun(
        file,
        planned,
        {"kind": kind, **(extra or {})},
        note=note,
        accept_calibration=accept_calibration,
    )
    return run_planned(run, database, frames=frames, observer=observer, stop=stop)


def planned_rows(table: SettingsTable, rig: Rig, space: SearchSpace) -> Planned:
    """Give the rows as trials, each checked against the rig's limits before anything moves.

    Raises
    ------
    InputError
        Naming the row.
    """
    for i, row in enumerate(table.rows, start=1):
        check_within(row, rig, space, table.path, f"row {i}")
    return Planned(ListedProposer(table.proposals(), "rows of the table"))
