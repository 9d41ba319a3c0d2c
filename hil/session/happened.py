"""What happened in a session, the worst first: its events, and its trials that did not work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hil.records.events import TRIAL_SEVERITY, EventSeverity, detail_words, severity_of
from hil.records.trial import TrialState

if TYPE_CHECKING:
    from hil.store import Database


@dataclass(frozen=True, slots=True)
class Happened:
    """One kind of thing that happened.

    Parameters
    ----------
    severity
        How much it matters.
    what
        Kind of the event, or ``"trial FAILED"`` and the like.
    n
        How often.
    last
        What was said the last time.
    """

    severity: EventSeverity
    what: str
    n: int
    last: str


def what_happened(database: Database, session_id: str) -> tuple[Happened, ...]:
    """List what happened, the worst first and then the most frequent."""
    found: dict[str, Happened] = {}

    def add(severity: EventSeverity, what: str, last: str) -> None:
        before = found.get(what)
        found[what] = Happened(severity, what, before.n + 1 if before else 1, last)

    events = database.event_rows(session_id)
    for kind, detail in zip(events.column("kind"), events.column("detail"), strict=True):
        add(severity_of(kind), kind, detail_words(detail))
    trials = database.trial_rows(session_id, sort="number")
    columns = (trials.column(name) for name in ("number", "state", "reason"))
    for number, state, reason in zip(*columns, strict=True):
        if (severity := TRIAL_SEVERITY.get(TrialState(state))) is not None:
            add(severity, f"trial {state}", f"trial {number}: {reason}")
    return tuple(sorted(found.values(), key=lambda one: (-one.severity.rank, -one.n, one.what)))
