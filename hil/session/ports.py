"""What the controller needs of others: Protocols, no code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from drivers.types import Value
from hil.records.estimate import Assessment
from hil.records.frames import FieldFrames, Measurement
from hil.records.request import Request
from hil.records.session import SessionState
from hil.records.trial import OpenTrial, Proposal, TrialRow, TrialState

T = TypeVar("T")


class Worker(Protocol):
    """A thread that works while the caller keeps watch, as `hil.rig.device_thread` has them."""

    def run(self, work: Callable[[], T], watch: Callable[[], None]) -> T:
        """Run work, calling ``watch`` at least every 0.1 s."""
        ...


class Assessor(Protocol):
    """Frames to numbers, for every trial of a session in the same way."""

    def assess(self, measurement: Measurement, settings: Mapping[str, Value]) -> Assessment:
        """Estimate information, objectives and constraints.

        Parameters
        ----------
        measurement
            The frames of one trial.
        settings
            Read back at the time of the frames.
        """
        ...


class Proposer(Protocol):
    """Asks and tells. Called inside the store's critical section: it must not touch the store."""

    def propose(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int
    ) -> Proposal:
        """Propose trial ``number`` from all rows so far.

        Parameters
        ----------
        rows
            Every trial of the session, in order of number: 0 .. number - 1.
        study_attrs
            What the sampler stored with the study.
        """
        ...


class Store(Protocol):
    """The trial table of one session, seen by its controller.

    Durable barriers: `propose`, `captured`, `finish`, `event`, `session_state` return only when the
    rows are committed and synced. `applied` and `estimated` ride along with the next barrier.
    A database that is locked or away delays these calls; it never loses what they were given.
    """

    def propose(
        self, ask: Callable[[Sequence[TrialRow], Mapping[str, Any], int], Proposal]
    ) -> OpenTrial:
        """Read all rows, ask, and insert the PROPOSED row, in one critical section."""
        ...

    def applied(self, trial: OpenTrial, at: datetime, read_back: Mapping[str, Value]) -> None:
        """Note what the devices read back once they had settled. Not a barrier."""
        ...

    def frames(self, trial: OpenTrial, frames: FieldFrames) -> None:
        """Hand frames to the writer thread; blocks while its queue is full."""
        ...

    def captured(self, trial: OpenTrial, at: datetime, device_s: float) -> None:
        """Wait until the trial's frames are synced and checksummed, then commit CAPTURED."""
        ...

    def estimated(self, trial: OpenTrial, at: datetime, assessment: Assessment) -> None:
        """Note the assessment. Not a barrier: it is committed with the end state."""
        ...

    def finish(self, trial: OpenTrial, state: TrialState, at: datetime, reason: str = "") -> None:
        """Commit the end state, with everything noted since the last barrier.

        After any end but COMPLETE, frames that were handed over are kept as they are.
        """
        ...

    def event(self, kind: str, at: datetime, detail: Mapping[str, Any]) -> None:
        """Commit an event: a park, a manual move, a fault, a pause."""
        ...

    def session_state(self, state: SessionState, at: datetime, reason: str = "") -> None:
        """Commit the session's state."""
        ...

    def open_trials(self) -> list[tuple[OpenTrial, TrialState, bool]]:
        """List the trials that have not ended, with whether their controller still runs."""
        ...

    def measurement(self, trial: OpenTrial) -> Measurement:
        """Take over a CAPTURED trial whose controller died, and read its frames."""
        ...

    def read_back(self, trial: OpenTrial) -> Mapping[str, Value]:
        """Return what the devices read back for a trial in work, one taken over included."""
        ...

    def mark_stale(self, trial: OpenTrial, at: datetime, reason: str) -> None:
        """End a trial whose controller died."""
        ...

    def requested_stop(self) -> str:
        """Reason for which another process asked this session to stop; empty if none did."""
        ...

    def requests(self) -> list[Request]:
        """List all that other processes ever asked of this session, oldest first."""
        ...

    def present_state(self) -> tuple[SessionState, str] | None:
        """Tell where the session stands, and why; None while the database cannot be asked."""
        ...

    def renew_lease(self, at: datetime) -> None:
        """Say that this controller is alive."""
        ...
