"""Where a session stands, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hil.records.trial import Best, TrialState


class SessionState(StrEnum):
    """Where a session is."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETE = "COMPLETE"
    STOPPED = "STOPPED"
    FAILED = "FAILED"
    STALE = "STALE"

    @property
    def ended(self) -> bool:
        """Whether nobody runs a session in this state; `hil resume` may."""
        return self not in (SessionState.RUNNING, SessionState.PAUSED)

    def may_become(self, later: SessionState) -> bool:
        """Whether a session in this state can come to ``later``.

        One that has ended goes on by running again, and is paused only after that; whoever takes a
        session for STALE may have been wrong.
        """
        if later is SessionState.PAUSED:
            return not self.ended or self is SessionState.STALE
        return True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a person sees of a running session.

    Parameters
    ----------
    number, state
        The trial in work; None before the first.
    field, n_fields
        How many fields of it have been captured, of how many.
    n_ended, n_complete, trials
        Trials that count against the session's number, those of them COMPLETE, and that number.
    best
        None before the first COMPLETE trial.
    seconds_per_trial, seconds_left
        From this run's trials; NaN before the first.
    last_fault
        Why a trial failed last; empty if none did.
    note
        What is waited for, if anything out of the ordinary.
    """

    number: int | None
    state: TrialState | None
    field: int
    n_fields: int
    n_ended: int
    n_complete: int
    trials: int
    best: Best | None
    seconds_per_trial: float
    seconds_left: float
    last_fault: str = ""
    note: str = ""


class Observer(Protocol):
    """Is told how a session goes. Called on the main thread; must return at once."""

    def __call__(self, snapshot: Snapshot) -> None:
        """Show it."""
        ...
