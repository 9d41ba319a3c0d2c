"""``hil replay SESSION --on RIG.toml``: recorded settings on another rig, or on the same again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from hil.clock import SystemClock
from hil.errors import InputError
from hil.records.session import Observer
from hil.records.trial import TrialRow, TrialState
from hil.replay.recorded_trials import WHAT, proposals_of
from hil.replay.run_planned import PlannedRun, check_within, run_planned
from hil.rig.rig import Rig
from hil.session.baseline import Baseline
from hil.session.planned import ListedProposer, Planned
from hil.session.result import SessionResult
from hil.session.run import show_nothing, with_estimator
from hil.session.search_space import SearchSpace
from hil.session.stored import check_on_a_rig
from hil.spec import SessionFile, SessionSpec, load_rig_file
from hil.spec.load import check_against_rig, parse
from hil.store import open_database
from hil.supervision.approach import darken_left_lit


def replay_on(
    session: str,
    rig: str | Path,
    database: str | None = None,
    *,
    frames: Path | None = None,
    accept_calibration: bool = False,
    observer: Observer = show_nothing,
    note: str = "",
) -> SessionResult:
    """Measure the settings of a session's COMPLETE trials on a rig, in their order.

    Parameters
    ----------
    session
        Id, a unique beginning of one, or ``"last"``.
    rig
        A rig file; its limits hold, and its noise model.
    database, frames, accept_calibration, observer
        As for `hil.run_session`.
    note
        Stored with the session.

    Raises
    ------
    InputError
        The rig lacks a setting, or a trial lies outside its limits; nothing moved.
    RigHeld, RigError, StoreError
        As for `hil.run_session`.
    """
    rig_file = load_rig_file(rig)
    darken_left_lit(database, SystemClock(), rig)
    with open_database(database, frames=frames) as opened:
        record = opened.session(session)
        check_on_a_rig(record)
        opened.read_all(record.id)  # damaged rows are told before a device is opened
        if not record.state.ended:
            raise InputError("SESSION", record.id[:8], f"it still runs ({record.state})")
        rows = [row for row in opened.rows(record.id) if row.state is TrialState.COMPLETE]
    if not rows:
        raise InputError("SESSION", record.id[:8], "no trial was measured to its end")
    where = f"session {record.id[:8]}"
    table: dict[str, Any] = parse(SessionSpec, record.session_text, where).model_dump(
        mode="json", exclude_unset=True
    )
    for key in ("stop", "pause", "finish"):
        table.pop(key, None)
    table["trials"] = len(rows)
    spec = parse(SessionSpec, json.dumps(table), where)
    file = SessionFile(spec, "", Path(record.kept("session_path")), rig_file)
    file = with_estimator(file, record.estimator)
    check_against_rig(file.spec, rig_file.spec, where)
    text = file.spec.model_dump_json(exclude_unset=True)
    run = PlannedRun(
        replace(file, text=text),
        lambda opened_rig, space: _planned(rows, opened_rig, space, where),
        {"kind": "replay", "replay_of": record.id, "on": rig_file.spec.name},
        baseline=Baseline.from_json(record.kept("layout")),
        accept_calibration=accept_calibration,
        note=note,
    )
    return run_planned(run, database, frames=frames, observer=observer)


def _planned(rows: list[TrialRow], rig: Rig, space: SearchSpace, where: str) -> Planned:
    for row in rows:
        check_within(row.requested, rig, space, where, f"trial {row.number}")
    return Planned(ListedProposer(proposals_of(rows), WHAT))
