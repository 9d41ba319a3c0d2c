"""The store of a session, none of whose calls holds the main thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from drivers.types import Value
from hil.records.estimate import Assessment
from hil.records.frames import FieldFrames, Measurement
from hil.records.request import Request
from hil.records.session import SessionState
from hil.records.trial import OpenTrial, Proposal, ThinkFirst, TrialRow, TrialState
from hil.session.ports import Store

T = TypeVar("T")


class Wait(Protocol):
    """Runs work beside the main thread, which keeps watch: `hil.session.waiting.Waiting.run`."""

    def __call__(self, work: Callable[[], T]) -> T:
        """Give what the work returns, or raise what it raises."""
        ...


class WatchedStore:
    """A `hil.session.ports.Store` whose calls are waited for by ``wait``.

    Parameters
    ----------
    store
        The store.
    wait
        Runs a call beside the main thread.
    think
        Runs what a proposal needs and takes long; None for `wait`.
    """

    def __init__(self, store: Store, wait: Wait, think: Wait | None = None) -> None:
        self._store = store
        self._wait = wait
        self._think = think or wait

    def propose(
        self, ask: Callable[[Sequence[TrialRow], Mapping[str, Any], int], Proposal]
    ) -> OpenTrial:
        """Read all rows, ask, and insert the PROPOSED row; ``ask`` runs beside the main thread.

        What takes long is thought of outside the critical section: other controllers go on.
        """
        while True:
            try:
                return self._wait(lambda: self._store.propose(ask))
            except ThinkFirst as first:
                self._think(first.work)

    def applied(self, trial: OpenTrial, at: datetime, read_back: Mapping[str, Value]) -> None:
        """Note what the devices read back. Not a barrier."""
        self._store.applied(trial, at, read_back)

    def frames(self, trial: OpenTrial, frames: FieldFrames) -> None:
        """Hand frames to the writer thread."""
        self._wait(lambda: self._store.frames(trial, frames))

    def captured(self, trial: OpenTrial, at: datetime, device_s: float) -> None:
        """Wait for the trial's frames, then commit CAPTURED."""
        self._wait(lambda: self._store.captured(trial, at, device_s))

    def estimated(self, trial: OpenTrial, at: datetime, assessment: Assessment) -> None:
        """Note the assessment. Not a barrier, but it looks whether the frames are on their disk."""
        self._wait(lambda: self._store.estimated(trial, at, assessment))

    def finish(self, trial: OpenTrial, state: TrialState, at: datetime, reason: str = "") -> None:
        """Commit the end state."""
        self._wait(lambda: self._store.finish(trial, state, at, reason))

    def event(self, kind: str, at: datetime, detail: Mapping[str, Any]) -> None:
        """Commit an event."""
        self._wait(lambda: self._store.event(kind, at, detail))

    def session_state(self, state: SessionState, at: datetime, reason: str = "") -> None:
        """Commit the session's state."""
        self._wait(lambda: self._store.session_state(state, at, reason))

    def open_trials(self) -> list[tuple[OpenTrial, TrialState, bool]]:
        """List the trials that have not ended."""
        return self._wait(self._store.open_trials)

    def measurement(self, trial: OpenTrial) -> Measurement:
        """Take over a CAPTURED trial, and read its frames."""
        return self._wait(lambda: self._store.measurement(trial))

    def read_back(self, trial: OpenTrial) -> Mapping[str, Value]:
        """Give what the devices read back for a trial in work."""
        return self._store.read_back(trial)

    def mark_stale(self, trial: OpenTrial, at: datetime, reason: str) -> None:
        """End a trial whose controller died."""
        self._wait(lambda: self._store.mark_stale(trial, at, reason))

    def requested_stop(self) -> str:
        """Reason for which another process asked this session to stop."""
        return self._wait(self._store.requested_stop)

    def requests(self) -> list[Request]:
        """List all that other processes asked of this session."""
        return self._wait(self._store.requests)

    def present_state(self) -> tuple[SessionState, str] | None:
        """Tell where the session stands, and why."""
        return self._wait(self._store.present_state)

    def renew_lease(self, at: datetime) -> None:
        """Say that this controller is alive."""
        self._wait(lambda: self._store.renew_lease(at))
