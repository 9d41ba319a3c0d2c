"""A session as it goes on, for who only looks: short transactions that read what is new."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import Connection, select

from hil.records.session import SessionState
from hil.records.trial import TrialRow, TrialState
from hil.store.control.requests import waiting_trials
from hil.store.models import SessionTable, TrialTable
from hil.store.trials.rows import TrialRows

# The time of a trial is that of the last few: settings far off may take longer than good ones.
_RECENT = 20


@dataclass(frozen=True, slots=True)
class HowItStands:
    """How a session stands.

    Parameters
    ----------
    state, reason
        Where it is, and why.
    n_trials
        How many trials were asked for.
    rows
        Its trials, by number.
    current
        Number and state of the trial in work; None where there is none.
    heard_at
        When a trial last came to another state; None before the first.
    seconds_per_trial
        Median of the last ones; NaN before the second.
    waiting
        Numbers of the trials that wait for a person's approval.
    """

    state: SessionState
    reason: str
    n_trials: int
    rows: tuple[TrialRow, ...]
    current: tuple[int, TrialState] | None
    heard_at: datetime | None
    seconds_per_trial: float
    waiting: Sequence[int]

    @property
    def n_ended(self) -> int:
        """Trials that count against the session's number."""
        return sum(row.state.ended and not row.state.interrupted for row in self.rows)

    @property
    def n_complete(self) -> int:
        """Trials that are COMPLETE."""
        return sum(row.state is TrialState.COMPLETE for row in self.rows)

    @property
    def seconds_left(self) -> float:
        """Time that the rest takes at the present pace, at most; NaN where that is not known."""
        return self.seconds_per_trial * max(self.n_trials - self.n_ended, 0)


class Following:
    """Looks at one session again and again. Made by `Database.following`; one thread at a time.

    Parameters
    ----------
    reading
        Opens a transaction that reads.
    session_id
        Full id.
    """

    def __init__(
        self, reading: Callable[[], AbstractContextManager[Connection]], session_id: str
    ) -> None:
        self.session_id = session_id
        self._reading = reading
        self._rows = TrialRows(session_id)

    def look(self) -> HowItStands:
        """Read how it stands now."""
        with self._reading() as connection:
            session = connection.execute(
                select(SessionTable.state, SessionTable.reason, SessionTable.n_trials).where(
                    SessionTable.id == self.session_id
                )
            ).one()
            rows = self._rows.refresh(connection)
            recent = self._recent(connection)
            waiting = waiting_trials(connection, self.session_id)
        state = SessionState(session.state)
        working = [row for row in rows if not row.state.ended]
        return HowItStands(
            state=state,
            reason=session.reason,
            n_trials=session.n_trials,
            rows=rows,
            current=(working[-1].number, working[-1].state) if working else None,
            heard_at=max((at for row in recent for at in _times(row)), default=None),
            seconds_per_trial=_pace([row["finished_at"] for row in recent]),
            waiting=() if state.ended else tuple(waiting),
        )

    def _recent(self, connection: Connection) -> list[Mapping[Any, Any]]:
        query = (
            select(
                TrialTable.proposed_at,
                TrialTable.applied_at,
                TrialTable.captured_at,
                TrialTable.estimated_at,
                TrialTable.finished_at,
            )
            .where(TrialTable.session_id == self.session_id)
            .order_by(TrialTable.number.desc())
            .limit(_RECENT + 1)
        )
        return list(connection.execute(query).mappings())


def _times(row: Mapping[Any, Any]) -> list[datetime]:
    return [at for at in row.values() if at is not None]


def _pace(ends: Sequence[datetime | None]) -> float:
    known = sorted(at for at in ends if at is not None)
    steps = [(b - a).total_seconds() for a, b in pairwise(known)]
    return median(steps) if steps else math.nan
