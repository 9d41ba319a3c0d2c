"""How a session stands as it goes: what is counted, what is best, and who is shown it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from drivers.types import Value
from hil.clock import Clock
from hil.ranking.leaders import winner
from hil.records.session import Observer, Snapshot
from hil.records.trial import Best, OpenTrial, TrialRow, TrialState


class SessionProgress:
    """Counts what trials came to, and shows it.

    Parameters
    ----------
    trials
        That the session takes.
    n_fields
        Of the rig's fields of view.
    clock
        Time runs from now on.
    look
        Called before anything is shown: shows a guardian that this process lives.
    observer
        Is shown how the session goes.
    best
        Of the trials that were there before.

    Attributes
    ----------
    n_ended, n_complete
        Trials of the session, those of other controllers among them.
    failures
        In a row, as far as no person has seen them.
    last_fault
        Of the latest trial that failed, and which.
    highest
        Objective of this process's trials; minus infinity before the first.
    """

    def __init__(
        self,
        trials: int,
        n_fields: int,
        clock: Clock,
        look: Callable[[], None],
        observer: Observer,
        best: Best | None,
    ) -> None:
        self._trials = trials
        self._n_fields = n_fields
        self._clock = clock
        self._look = look
        self._observer = observer
        self._best = best
        self._seen: set[frozenset[tuple[str, Value]]] = set()
        self._measured_again = False
        self._started_s = clock.monotonic()
        self._own_trials = 0
        self.n_ended = self.n_complete = self.failures = 0
        self.last_fault = ""
        self.highest = -math.inf

    @property
    def elapsed_s(self) -> float:
        """Time since the loop began."""
        return self._clock.monotonic() - self._started_s

    @property
    def is_full(self) -> bool:
        """Whether all trials that the session takes have ended."""
        return self.n_ended >= self._trials

    def count(self, rows: Sequence[TrialRow]) -> None:
        """Count what has ended, whoever measured it."""
        counted = [row for row in rows if not row.state.interrupted]
        self.n_ended = sum(row.state.ended for row in counted)
        self.n_complete = sum(row.state is TrialState.COMPLETE for row in counted)
        if not self._seen:
            done = (row for row in rows if row.state is TrialState.COMPLETE)
            self._seen = {frozenset(row.requested.items()) for row in done}
        if self._measured_again:  # the luckiest of them is not what the session will come to
            self._measured_again = False
            self._best = winner(rows) or self._best

    def ended(self, trial: OpenTrial, state: TrialState, reason: str) -> None:
        """Count a trial that this process has ended, and show it."""
        if not state.interrupted:
            self.n_ended += 1
            self._own_trials += 1
        if state is TrialState.COMPLETE:
            self.n_complete += 1
            self.failures = 0
        elif state is TrialState.FAILED:
            self.failures += 1
            self.last_fault = f"trial {trial.number}: {reason}"
        self.show(trial, state, 0)

    def compare(self, best: Best, requested: Mapping[str, Value]) -> None:
        """Compare a trial that breaks no constraint with the best so far.

        Trials with the same settings count together from the next `count` on.
        """
        key = frozenset(requested.items())
        self._measured_again |= key in self._seen
        self._seen.add(key)
        if self._best is None or best.objective > self._best.objective:
            self._best = best
        self.highest = max(self.highest, best.objective)

    def note(self, note: str) -> None:
        """Say what the loop is at; empty when it goes on."""
        self.show(None, None, 0, note=note)

    def show(
        self, trial: OpenTrial | None, state: TrialState | None, n_fields: int, note: str = ""
    ) -> None:
        """Show where a trial is, after so many fields of view."""
        self._look()
        pace_s = self.elapsed_s / self._own_trials if self._own_trials else math.nan
        left = max(self._trials - self.n_ended, 0)
        self._observer(
            Snapshot(
                number=trial.number if trial else None,
                state=state,
                field=n_fields,
                n_fields=len(trial.fields) if trial and trial.fields else self._n_fields,
                n_ended=self.n_ended,
                n_complete=self.n_complete,
                trials=self._trials,
                best=self._best,
                seconds_per_trial=pace_s,
                seconds_left=pace_s * left,
                last_fault=self.last_fault,
                note=note,
            )
        )
