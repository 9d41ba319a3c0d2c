"""What a session came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hil.ports import Best, SessionState, TrialState, Value

if TYPE_CHECKING:
    from hil.store import Database


@dataclass(frozen=True, slots=True)
class SessionResult:
    """What a session came to.

    Parameters
    ----------
    session_id, name
        Which session.
    state, reason
        How it ended, and why.
    n_trials, n_complete
        Rows, and those of them that are COMPLETE.
    best
        The best feasible trial; None if there is none.
    best_settings
        What that trial's devices read back.
    objective
        What was maximised.
    database, frames
        Where everything lies; no password.
    """

    session_id: str
    name: str
    state: SessionState
    reason: str
    n_trials: int
    n_complete: int
    best: Best | None
    best_settings: Mapping[str, Value]
    objective: str
    database: str
    frames: Path


def best_of(database: Database, session_id: str) -> Best | None:
    """Find the best feasible trial by the first objective."""
    feasible = [
        (row.objectives[0], -row.number)
        for row in database.rows(session_id)
        if row.state is TrialState.COMPLETE
        and row.objectives is not None
        and all(value <= 0 for value in row.constraints.values())
    ]
    if not feasible:
        return None
    objective, minus_number = max(feasible)
    found = database.trials(session_id, where=[f"number = {-minus_number}"]).iloc[0]
    return Best(-minus_number, objective, float(found["ci_low"]), float(found["ci_high"]))


def result_of(
    database: Database, session_id: str, state: SessionState, reason: str
) -> SessionResult:
    """Sum a session up."""
    record = database.session(session_id)
    rows = database.rows(session_id)
    best = best_of(database, session_id)
    return SessionResult(
        session_id=record.id,
        name=record.name,
        state=state,
        reason=reason,
        n_trials=len(rows),
        n_complete=sum(row.state is TrialState.COMPLETE for row in rows),
        best=best,
        best_settings=dict(rows[best.number].requested) if best else {},
        objective=record.objectives[0],
        database=database.url,
        frames=database.frames_folder,
    )
