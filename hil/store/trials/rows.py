"""Rows of the trial table as the proposer sees them, without reading all of them every time."""

from __future__ import annotations

import math
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, bindparam, select

from hil.records.trial import Measured, TrialKind, TrialRow, TrialState
from hil.store.models import EstimateTable, TrialTable

_COLUMNS = (
    TrialTable.number,
    TrialTable.state,
    TrialTable.kind,
    TrialTable.requested,
    TrialTable.distributions,
    TrialTable.sampler_attrs,
    TrialTable.objectives,
    TrialTable.constraints,
    TrialTable.intermediate,
    TrialTable.retry_of,
    TrialTable.ci_low,
    TrialTable.ci_high,
    TrialTable.captured_at,
)

# What is open lies mostly among the last: so few that have ended are read with it, in one query.
_NEAR = 16


def _both(wanted: ColumnElement[bool]) -> tuple[Select[Any], Select[Any]]:
    """Ask for rows of trials, and for the estimates of those that are COMPLETE.

    Built once: SQLAlchemy needs longer to build a query than SQLite to answer it.
    """
    chosen = (TrialTable.session_id == bindparam("session_id"), wanted)
    rows = select(*_COLUMNS).where(*chosen).order_by(TrialTable.number)
    estimates = (
        select(TrialTable.number, EstimateTable.per_field_bits, EstimateTable.details)
        .join(EstimateTable, EstimateTable.trial_id == TrialTable.id)
        .where(*chosen, TrialTable.state == TrialState.COMPLETE.value)
        .order_by(EstimateTable.created_at.desc())
    )
    return rows, estimates


# Queries of their own: OR would make SQLite go through all rows of the session.
_FROM = _both(TrialTable.number >= bindparam("first"))
_AMONG = _both(TrialTable.number.in_(bindparam("numbers", expanding=True)))


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _row(columns: RowMapping, estimate: RowMapping | None) -> TrialRow:
    state = TrialState(columns["state"])
    objectives = columns["objectives"]
    return TrialRow(
        number=columns["number"],
        state=state,
        kind=cast(TrialKind, columns["kind"]),
        requested=columns["requested"],
        distributions=columns["distributions"],
        sampler_attrs=columns["sampler_attrs"],
        objectives=(
            tuple(_number(value) for value in objectives.values())
            if state is TrialState.COMPLETE and objectives is not None
            else None
        ),
        constraints={name: _number(value) for name, value in columns["constraints"].items()},
        intermediate={int(step): _number(v) for step, v in columns["intermediate"].items()},
        retry_of=columns["retry_of"],
        measured=None if estimate is None else _measured(columns, estimate),
    )


def _measured(columns: RowMapping, estimate: RowMapping) -> Measured:
    details, captured_at = estimate["details"], columns["captured_at"]
    own = details.get("objective_fields")
    return Measured(
        ci_low=_number(columns["ci_low"]),
        ci_high=_number(columns["ci_high"]),
        field_bits=tuple(_number(bits) for bits in estimate["per_field_bits"] or ()),
        light_sensitivity=tuple(_number(v) for v in details.get("light_sensitivity") or ()),
        light_sensitivity_bits=_number(details.get("light_sensitivity_bits")),
        dose_mj=_number(details.get("dose_mj")),
        fields=tuple(details.get("fields") or ()),
        at_s=math.nan if captured_at is None else captured_at.timestamp(),
        objective_fields=None if own is None else tuple(_number(value) for value in own),
    )


class TrialRows:
    """All trials of one session, in order of number.

    A trial that has ended never changes, so `refresh` asks only for trials that are new or were
    still open: its cost does not grow with the session.
    """

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._rows: list[TrialRow] = []
        self._open: set[int] = set()

    def refresh(self, connection: Connection) -> tuple[TrialRow, ...]:
        """Bring the rows up to date, within the caller's transaction."""
        first = len(self._rows)
        if self._open:
            if first - min(self._open) <= _NEAR:
                first = min(self._open)
            else:
                self._read(connection, _AMONG, {"numbers": sorted(self._open)})
        self._read(connection, _FROM, {"first": first})
        return tuple(self._rows)

    def _read(
        self, connection: Connection, both: tuple[Select[Any], Select[Any]], which: dict[str, Any]
    ) -> None:
        asked = {"session_id": self._session_id, **which}
        found = connection.execute(both[0], asked).mappings().all()
        estimates: dict[int, RowMapping] = {}
        if any(columns["state"] == TrialState.COMPLETE for columns in found):
            # the session's own estimate of each trial: the oldest
            own = connection.execute(both[1], asked).mappings()
            estimates = {row["number"]: row for row in own}
        for columns in found:
            row = _row(columns, estimates.get(columns["number"]))
            if row.number in self._open:
                self._rows[row.number] = row
            elif row.number >= len(self._rows):
                self._rows.append(row)
            if row.state.ended:
                self._open.discard(row.number)
            else:
                self._open.add(row.number)
