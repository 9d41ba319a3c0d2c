"""What a session came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.types import Value
from hil.ranking.leaders import finals_are_on, winner
from hil.ranking.shown import shown
from hil.records.html import interval, pairs_html
from hil.records.session import SessionState
from hil.records.trial import UNDECIDED, Best, TrialRow, TrialState
from hil.records.winner import Winner
from hil.session.happened import Happened, what_happened
from hil.session.model.told import sampler_told

if TYPE_CHECKING:
    import pandas as pd

    from hil.ranking.drift import Drift
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
        The best feasible trial, drift taken off; None if there is none.
    best_settings
        What that trial's devices read back.
    objective
        What was maximised.
    database, frames
        Where everything lies; no password.
    drift
        What the reference trials show; None if there were none.
    flags
        What speaks against the estimates, and of how many COMPLETE trials.
    n_barred
        COMPLETE trials that cannot win, since a flag says that their number is wrong.
    happened
        Events, and trials that did not work, the worst first.
    noise_checked
        Whether the noise model was compared with repeats; False where fields have one frame each.
    refused
        Guards that refused frames, and of how many trials.
    winner
        What trials with fresh frames say of the best, which it is; None where there were none.
    sampler
        What sampler `model` did, in words; empty for other samplers.
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
    drift: Drift | None = None
    flags: Mapping[str, int] = field(default_factory=dict)
    n_barred: int = 0
    happened: tuple[Happened, ...] = ()
    noise_checked: bool = True
    refused: Mapping[str, int] = field(default_factory=dict)
    winner: Winner | None = None
    sampler: str = ""

    def trials(self, **asked: Any) -> pd.DataFrame:
        """Give the session's trials; keywords as for `Database.trials`."""
        with self._opened() as database:
            return database.trials(self.session_id, **asked)

    def events(self) -> pd.DataFrame:
        """Give what happened."""
        with self._opened() as database:
            return database.events(self.session_id)

    def _opened(self) -> Database:
        from hil.store import open_database

        return open_database(self.database, frames=self.frames, read_only=True)

    def _repr_html_(self) -> str:
        best = "none"
        if (own := self.winner or self.best) is not None:
            best = f"{own.objective:.5g}{interval(own.ci_low, own.ci_high)}, trial {own.number}"
        ended = f"{self.state}: {self.reason}" if self.reason else str(self.state)
        said: list[tuple[str, object]] = [
            ("ended", ended),
            ("trials", f"{self.n_complete} complete of {self.n_trials}"),
            (f"best {self.objective}", best),
            *self.best_settings.items(),
            ("flags", ", ".join(f"{flag} ({n})" for flag, n in self.flags.items())),
        ]
        return pairs_html(f"{self.name} ({self.session_id[:8]})", said)


def best_of(database: Database, session_id: str) -> Best | None:
    """Find the best feasible trial by the first objective, drift taken off.

    Trials with the same settings count together; see `hil.ranking.leaders`.
    """
    from hil.ranking.drift import without_drift

    rows = database.rows(session_id)
    return winner(without_drift(rows, database.drift(session_id)))


def corrected_objectives(database: Database, session_id: str) -> Mapping[int, float]:
    """Give the first objective of each trial without drift; empty where there is none to take off.

    Returns
    -------
    dict
        Number of the trial to its objective.
    """
    drift = database.drift(session_id)
    if drift is None or not drift.significant:
        return {}
    from hil.ranking.drift import without_drift

    rows = without_drift(database.rows(session_id), drift)
    return {row.number: row.objectives[0] for row in rows if row.objectives}


def result_of(
    database: Database, session_id: str, state: SessionState, reason: str
) -> SessionResult:
    """Sum a session up."""
    from hil.ranking.drift import without_drift

    record = database.session(session_id)
    rows, drift = database.rows(session_id), database.drift(session_id)
    steady = without_drift(rows, drift)
    best = winner(steady)
    # of several estimates of a trial, the oldest is the session's own
    table = database.estimate_rows(session_id)
    estimates = dict(zip(reversed(table.column("number")), reversed(table.rows), strict=True))
    flags, details = (
        [row[table.names.index(name)] for row in estimates.values()]
        for name in ("flags", "details")
    )
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
        drift=drift,
        flags=Counter(flag for found in reversed(flags) for flag in found),
        n_barred=sum(_is_barred(row, decided=best is not None) for row in rows),
        happened=what_happened(database, session_id),
        noise_checked=all(found.get("noise_checked", True) for found in details),
        refused=_refused(database, session_id),
        winner=named_winner(steady, record.session_text),
        sampler=sampler_told(record.extra.get("layout", {}), rows),
    )


def named_winner(rows: Sequence[TrialRow], session_text: str) -> Winner | None:
    """Name the winner of trials with fresh frames, at the confidence that the session asked for.

    Parameters
    ----------
    rows
        Without drift.
    session_text
        The session file.
    """
    if not finals_are_on(rows):
        return None
    from hil.ranking.finals import winner_of

    return winner_of(rows, _confidence(session_text))


def winner_recorded(database: Database, session_id: str) -> Winner | None:
    """Name the winner of a session from its rows."""
    from hil.ranking.drift import without_drift

    rows = without_drift(database.rows(session_id), database.drift(session_id))
    return named_winner(rows, database.session(session_id).session_text)


def shown_of(database: Database, session_id: str) -> Best | Winner | None:
    """Give what reports, live pages and lists show as the best of a session, from its rows."""
    from hil.ranking.drift import without_drift

    return shown(without_drift(database.rows(session_id), database.drift(session_id)))


def _confidence(session_text: str) -> float:
    from hil.spec import SessionSpec
    from hil.spec.load import parse

    return parse(SessionSpec, session_text, "the stored session").finish.confidence


def _is_barred(row: TrialRow, *, decided: bool) -> bool:
    """Whether its flags keep a trial from winning, by more than what leaders have decided since."""
    left = 0.0 if decided else row.constraints.get(UNDECIDED, 0.0)
    return row.constraints.get("flags", 0.0) + left > 0


def _refused(database: Database, session_id: str) -> Mapping[str, int]:
    """Count the events of refused frames by the guard's name."""
    events = database.event_rows(session_id)
    return Counter(
        str(detail.get("guard"))
        for kind, detail in zip(events.column("kind"), events.column("detail"), strict=True)
        if kind == "frames_refused"
    )
