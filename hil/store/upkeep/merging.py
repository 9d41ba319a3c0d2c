"""Rows of another database, taken over by their keys: what is here already is not taken twice.

A session is taken whole, in one transaction, after its frames; one that runs is left where it is.
Where both have a session, rows that are missing here are added, and trials that came to their end
there are brought to it here. Notes and tags that both have stay as they are here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from hil.errors import StoreError
from hil.records.session import SessionState
from hil.records.trial import TrialState
from hil.store.models import (
    ACQUISITION,
    ESTIMATE,
    EVENT,
    SETTING,
    TRIAL,
    CalibrationTable,
    RigTable,
    SessionTable,
    table_of,
)

RIG, CALIBRATION, SESSION = map(table_of, (RigTable, CalibrationTable, SessionTable))
_OF_TRIALS = (SETTING, ACQUISITION, ESTIMATE)
# Parameters of one statement are few on some databases.
_AT_A_TIME = 400
# What another process may have changed of a row that both have, and people may have edited here.
_OURS = ("tags", "note")


@dataclass
class Merged:
    """What a merge came to.

    Parameters
    ----------
    sessions
        Ids that were not here.
    renewed
        Ids of which something was missing here.
    n_known
        Sessions that were here already, whole.
    trials, calibrations
        How many were not here.
    n_arrays
        Trials' frames and calibrations' maps that were copied.
    left
        What was not taken, each with its reason.
    """

    sessions: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    n_known: int = 0
    trials: int = 0
    calibrations: int = 0
    n_arrays: int = 0
    left: list[str] = field(default_factory=list)


def take_rigs(theirs: Connection, ours: Connection) -> dict[str, str]:
    """Take over rig files; a text that is known here keeps its id: theirs to ours."""
    known = {
        (row.name, row.sha256): row.id
        for row in ours.execute(select(RIG.c.name, RIG.c.sha256, RIG.c.id))
    }
    ids = {}
    for row in theirs.execute(select(RIG)).mappings():
        key = (row["name"], row["sha256"])
        if key not in known:
            ours.execute(insert(RIG), dict(row))
            known[key] = row["id"]
        ids[row["id"]] = known[key]
    return ids


def new_calibrations(theirs: Connection, ours: Connection) -> list[Mapping[str, Any]]:
    """List the calibrations that are not here."""
    known = set(ours.execute(select(CALIBRATION.c.id)).scalars())
    rows = theirs.execute(select(CALIBRATION).order_by(CALIBRATION.c.created_at)).mappings()
    return [dict(row) for row in rows if row["id"] not in known]


def take_session(
    theirs: Connection, ours: Connection, session: Mapping[str, Any], rigs: Mapping[str, str]
) -> tuple[bool, int, int]:
    """Take a session over: whether it is new, how many of its trials are, and how many rows.

    Raises
    ------
    StoreError
        It runs here, or it went on in both since they parted: neither is the whole of it.
    """
    key = session["id"]
    here = refuse_parted(theirs, ours, key)
    if here is None:
        ours.execute(insert(SESSION), {**session, "rig_id": rigs[session["rig_id"]]})
    trials, changed = _take_trials(theirs, ours, key)
    if here is not None and _further(session, here):
        kept = ("id", "rig_id", *_OURS)
        values = {name: value for name, value in session.items() if name not in kept}
        ours.execute(update(SESSION).where(SESSION.c.id == key).values(values))
        changed += 1
    changed += _take(theirs, ours, EVENT, EVENT.c.session_id == key)
    return here is None, trials, changed


def refuse_parted(theirs: Connection, ours: Connection, key: str) -> Mapping[str, Any] | None:
    """Give the row of a session here, if it is here and what is there may be added to it.

    Raises
    ------
    StoreError
        As for `take_session`.
    """
    here = ours.execute(select(SESSION).where(SESSION.c.id == key)).mappings().one_or_none()
    if here is None:
        return None
    if not SessionState(here["state"]).ended:
        raise StoreError(f"session {key[:8]} is {here['state']} here: merge again at its end")
    columns = TRIAL.c.number, TRIAL.c.id, TRIAL.c.state, TRIAL.c.finished_at
    asked = select(*columns).where(TRIAL.c.session_id == key)
    mine = {row.number: row for row in ours.execute(asked)}
    for row in theirs.execute(asked):
        known = mine.get(row.number)
        if known is None:
            continue
        parted = f"session {key[:8]} went on in both databases: "
        if known.id != row.id:
            raise StoreError(f"{parted}each has a trial {row.number} of its own")
        both_ended = TrialState(known.state).ended and TrialState(row.state).ended
        if both_ended and (known.state, known.finished_at) != (row.state, row.finished_at):
            raise StoreError(
                f"{parted}trial {row.number} ended apart, {known.state} here, {row.state} there"
            )
    return dict(here)


def take_loose_events(theirs: Connection, ours: Connection) -> int:
    """Take over the events that belong to no session."""
    return _take(theirs, ours, EVENT, EVENT.c.session_id.is_(None))


def _take_trials(theirs: Connection, ours: Connection, session_id: str) -> tuple[int, int]:
    of_session = TRIAL.c.session_id == session_id
    mine = {
        row.number: row
        for row in ours.execute(select(TRIAL.c.number, TRIAL.c.id, TRIAL.c.state).where(of_session))
    }
    new, changed, taken = [], 0, []
    for row in theirs.execute(select(TRIAL).where(of_session)).mappings():
        known = mine.get(row["number"])
        taken.append(row["id"])
        if known is None:
            new.append(dict(row))
        elif not TrialState(known.state).ended and row["state"] != known.state:
            values = {name: value for name, value in row.items() if name not in ("id", *_OURS)}
            ours.execute(update(TRIAL).where(TRIAL.c.id == row["id"]).values(values))
            changed += 1
    if new:
        ours.execute(insert(TRIAL), new)
    for table in _OF_TRIALS:
        for some in _parts(taken):
            changed += _take(theirs, ours, table, table.c.trial_id.in_(some))
    return len(new), changed + len(new)


def _take(theirs: Connection, ours: Connection, table: Table, wanted: Any) -> int:
    """Insert the rows of a table that are not here, by their primary keys."""
    keys = list(table.primary_key)
    known = {tuple(row) for row in ours.execute(select(*keys).where(wanted))}
    rows = [
        dict(row)
        for row in theirs.execute(select(table).where(wanted)).mappings()
        if tuple(row[key.name] for key in keys) not in known
    ]
    if table is ACQUISITION and rows:
        # A trial has one, and a merge in between may have brought it under its trial.
        some = [row["trial_id"] for row in rows]
        there = set(
            ours.execute(select(table.c.trial_id).where(table.c.trial_id.in_(some))).scalars()
        )
        rows = [row for row in rows if row["trial_id"] not in there]
    if rows:
        ours.execute(insert(table), rows)
    return len(rows)


def _further(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
    """Whether a session that both have went on there."""
    if SessionState(ours["state"]).ended and theirs["finished_at"] is None:
        return False
    before = ours["finished_at"]
    return theirs["finished_at"] is not None and (before is None or theirs["finished_at"] > before)


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for place in range(0, len(ids), _AT_A_TIME):
        yield ids[place : place + _AT_A_TIME]
