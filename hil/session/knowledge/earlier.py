"""Trials of earlier sessions of a rig, copied into a new one: ``[start] from``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hil.errors import InputError
from hil.records.knowledge import EarlierSession, EarlierTrial
from hil.records.trial import TrialRow
from hil.session.knowledge.ranges import in_range
from hil.spec import SearchAxis

if TYPE_CHECKING:
    from hil.store import Database, SessionRecord

_KEY = "start.from"
_MOST_TRIALS = 60  # of one session; the best of them, and some of all others
_DOUBT = 0.05  # of a session that ended now: people touch what they have adjusted
_DOUBT_A_DAY = 0.01
_DOUBT_OF_CALIBRATION = 0.2
_TWO_SIDED_95 = 1.96


def earlier_sessions(
    refs: Sequence[str],
    database: Database | None,
    axes: Sequence[SearchAxis],
    *,
    rig: str,
    objectives: tuple[str, ...],
    calibration_id: str | None,
    now: datetime,
    where: str | Path,
) -> tuple[EarlierSession, ...]:
    """Copy the trials of earlier sessions.

    Parameters
    ----------
    refs
        From the session file: ids, their beginnings, or ``"last"``.
    database
        Where they are; None where there is none yet.
    axes, rig, objectives, calibration_id
        Of the new session.
    now
        UTC, with time zone.
    where
        The session file, for messages.

    Raises
    ------
    InputError
        A session is not there, or is of another rig, other settings or other objectives.
    """
    found: dict[str, EarlierSession] = {}
    for ref in refs:
        if database is None:
            raise InputError(where, _KEY, f"{ref!r}: the database holds no session yet")
        try:
            record = database.session(ref)
        except InputError as error:
            raise InputError(where, _KEY, f"{ref!r}: {error.problem}") from None
        if record.rig != rig:
            raise InputError(
                where, _KEY, f"{ref!r} is of rig {record.rig!r}, allowed: sessions of {rig!r}"
            )
        if record.objectives != objectives:
            raise InputError(
                where,
                _KEY,
                f"{ref!r} maximised {', '.join(record.objectives)}, allowed: sessions that"
                f" maximised {', '.join(objectives)}",
            )
        trials = _trials(ref, database.rows(record.id), axes, where)
        doubt, why = _doubt(record, calibration_id, now)
        found.setdefault(record.id, EarlierSession(record.id, doubt, why, trials))
    return tuple(found.values())


def _trials(
    ref: str, rows: Sequence[TrialRow], axes: Sequence[SearchAxis], where: str | Path
) -> tuple[EarlierTrial, ...]:
    done = [row for row in rows if row.objectives is not None and row.distributions]
    if not done:
        raise InputError(where, _KEY, f"{ref!r} has no complete trial")
    wanted, known = {axis.setting for axis in axes}, set(done[0].distributions)
    if wanted != known:
        odd = ", ".join(sorted(wanted ^ known))
        raise InputError(
            where, _KEY, f"{ref!r} searched other settings: {odd} in one of the two alone"
        )
    inside = [row for row in done if all(in_range(a, row.requested.get(a.setting)) for a in axes)]
    if len(inside) < 2:
        raise InputError(
            where,
            _KEY,
            f"{ref!r}: {len(inside)} of its trials in the ranges of this session, allowed: 2"
            " or more",
        )
    return tuple(_trial(row, axes) for row in _telling(inside))


def _trial(row: TrialRow, axes: Sequence[SearchAxis]) -> EarlierTrial:
    assert row.objectives is not None
    half, fields = math.nan, row.fields
    if row.measured is not None:
        half = (row.measured.ci_high - row.measured.ci_low) / 2
        fields = row.measured.fields or tuple(range(len(row.measured.field_bits)))
    settings = {axis.setting: row.requested[axis.setting] for axis in axes}
    return EarlierTrial(settings, row.objectives, half / _TWO_SIDED_95, tuple(fields))


def _telling(rows: Sequence[TrialRow]) -> list[TrialRow]:
    """Rows, in their order, the best half of `_MOST_TRIALS` and some of all others."""
    if len(rows) <= _MOST_TRIALS:
        return list(rows)
    order = sorted(rows, key=lambda row: -(row.objectives or (-math.inf,))[0])
    best, others = order[: _MOST_TRIALS // 2], order[_MOST_TRIALS // 2 :]
    step = len(others) / (_MOST_TRIALS - len(best))
    some = [others[int(i * step)] for i in range(_MOST_TRIALS - len(best))]
    return sorted((*best, *some), key=lambda row: row.number)


def _doubt(record: SessionRecord, calibration_id: str | None, now: datetime) -> tuple[float, str]:
    since = record.finished_at or record.created_at
    days = max((now - since).total_seconds() / 86_400, 0.0)
    same = record.calibration_id == calibration_id
    doubt = _DOUBT + _DOUBT_A_DAY * days + (0 if same else _DOUBT_OF_CALIBRATION)
    calibrated = "the same calibration" if same else "another calibration"
    return round(min(doubt, 1.0), 3), f"{days:.1f} days old, {calibrated}"
