"""Rows of the trial table as the proposer sees them, without reading all of them every time."""

from __future__ import annotations

import math
from typing import cast

from sqlalchemy import ColumnElement, Connection, RowMapping, select

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
        if self._open:
            self._read(connection, TrialTable.number.in_(sorted(self._open)))
        # A query of its own: OR would make SQLite go through all rows of the session.
        self._read(connection, TrialTable.number >= len(self._rows))
        return tuple(self._rows)

    def _read(self, connection: Connection, wanted: ColumnElement[bool]) -> None:
        chosen = (TrialTable.session_id == self._session_id, wanted)
        estimates = self._estimates(connection, chosen)
        query = select(*_COLUMNS).where(*chosen)
        for columns in connection.execute(query.order_by(TrialTable.number)).mappings():
            row = _row(columns, estimates.get(columns["number"]))
            if row.number < len(self._rows):
                self._rows[row.number] = row
            else:
                self._rows.append(row)
            if row.state.ended:
                self._open.discard(row.number)
            else:
                self._open.add(row.number)

    def _estimates(
        self, connection: Connection, chosen: tuple[ColumnElement[bool], ...]
    ) -> dict[int, RowMapping]:
        """Find the session's own estimate of each COMPLETE trial: the oldest."""
        query = (
            select(TrialTable.number, EstimateTable.per_field_bits, EstimateTable.details)
            .join(EstimateTable, EstimateTable.trial_id == TrialTable.id)
            .where(*chosen, TrialTable.state == TrialState.COMPLETE.value)
            .order_by(EstimateTable.created_at.desc())
        )
        return {row["number"]: row for row in connection.execute(query).mappings()}
