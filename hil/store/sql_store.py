"""The trial table of one session, as its controller writes it: `hil.session.ports.Store` on SQL.

Every public call is one transaction at most. Transactions may run twice (see `hil.store.retry`),
so each recognises its own earlier success: by the key it made, or by the state it would set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Update, bindparam, select, update
from sqlalchemy.exc import DBAPIError

from drivers.types import Value
from hil.clock import Clock
from hil.closing import Closing
from hil.errors import StoreError
from hil.locks.progress import ProgressWatch
from hil.records.estimate import Assessment
from hil.records.frames import FieldFrames, Measurement
from hil.records.imaging import Imaging
from hil.records.session import SessionState
from hil.records.trial import ENDED, OpenTrial, Proposal, TrialRow, TrialState
from hil.store.control import ending
from hil.store.control.barriers import Barriers
from hil.store.control.entries import EventEntry, TrialEntry
from hil.store.control.folder import Beside
from hil.store.control.heard import Heard
from hil.store.engine import writing
from hil.store.frames.access import read_measurement
from hil.store.frames.writer import FrameWriter, Keep, Sealed
from hil.store.models import SessionTable, TrialTable, ordered_id
from hil.store.retry import Retry
from hil.store.trials import changes as trial_changes
from hil.store.trials.lost_frames import LostFrames
from hil.store.trials.rows import TrialRows
from hil.store.trials.work import TrialWork
from hil.store.writer import Writer
from hil.waits.waits import WAITS

_STUDY = select(SessionTable.study_attrs).where(SessionTable.id == bindparam("session"))


class SqlStore(Heard, Closing):
    """The store of one controller of one session. Made by `Database.store`.

    It may be called from any thread, by one thread at a time for one trial.

    Parameters
    ----------
    engine
        The open database.
    frames_folder
        Where frame files go.
    session_id
        Full id of the session.
    controller
        Who writes.
    keep_frames
        ``"all"``; ``"first"``, the first repeat of every field of view; or ``"none"``. Checksums
        are stored in each case. Only with all frames can a CAPTURED trial be finished after its
        process died; with fewer it can only become STALE.
    retry
        How long to wait for the database.
    clock
        Tells when trials are proposed.
    imaging
        What is known of the frames, for programs that open their files.
    """

    def __init__(
        self,
        engine: Engine,
        frames_folder: Path,
        session_id: str,
        *,
        controller: Writer,
        keep_frames: Keep,
        retry: Retry,
        clock: Clock,
        imaging: Imaging | None = None,
    ) -> None:
        super().__init__(engine, session_id, controller)
        self._frames_folder = frames_folder
        self._retry = retry
        self._clock = clock
        self._rows = TrialRows(session_id)
        self._work: dict[str, TrialWork] = {}
        folder = Beside(frames_folder, session_id).path
        self._barriers = Barriers(engine, retry, folder, self._still_ours)
        self._writer = FrameWriter(frames_folder, session_id, keep_frames, imaging)
        self._watch = ProgressWatch()
        self._kept = LostFrames(engine, frames_folder, session_id, retry, clock)

    # ---- hil.session.ports.Store -----------------------------------------------------------

    def propose(
        self, ask: Callable[[Sequence[TrialRow], Mapping[str, Any], int], Proposal]
    ) -> OpenTrial:
        """Read all rows, ask, and insert the PROPOSED row, in one critical section.

        ``ask`` is called once for a number, even where the transaction has to be repeated.

        Raises
        ------
        RigHeld
            The rig has been taken from this process meanwhile; nothing is proposed.
        """
        self._writer.check()
        self._catch_up()
        key = ordered_id()
        asked: dict[int, Proposal] = {}

        def work(attempt: int) -> OpenTrial:
            with writing(self._engine, section=self.session_id) as connection:
                if attempt > 1 and (done := trial_changes.find_open(connection, key)) is not None:
                    return done
                self._still_ours(connection)
                rows = self._rows.refresh(connection)
                number = len(rows)
                attrs = connection.execute(_STUDY, {"session": self.session_id}).scalar_one()
                if number not in asked:
                    with WAITS.own_work():
                        asked[number] = ask(rows, attrs, number)
                proposal = asked[number]
                trial_changes.add_proposed(
                    connection,
                    OpenTrial(key, number, proposal.kind, proposal.requested, proposal.fields),
                    self.session_id,
                    proposal,
                    self._controller,
                    self._clock.now(),
                )
                if proposal.study_attrs:
                    merged = {**attrs, **proposal.study_attrs}
                    changed = update(SessionTable).where(SessionTable.id == self.session_id)
                    connection.execute(changed.values(study_attrs=merged))
                return OpenTrial(key, number, proposal.kind, proposal.requested, proposal.fields)

        trial = self._retry.run(work)
        self._work[trial.trial_id] = TrialWork(trial.number, self._clock.monotonic())
        return trial

    def applied(self, trial: OpenTrial, at: datetime, read_back: Mapping[str, Value]) -> None:
        """Note what the devices read back once they had settled. Not a barrier."""
        self._writer.check()
        work = self._of(trial)
        work.applied_at = at
        work.read_back = dict(read_back)

    def frames(self, trial: OpenTrial, frames: FieldFrames) -> None:
        """Hand frames to the writer thread; blocks while its queue is full.

        The array must not change afterwards.

        Raises
        ------
        StoreError
            Frames handed over before could not be written.
        """
        settings = self._of(trial).read_back
        attributes = {"session": self.session_id, "trial": trial.number, "settings": settings}
        self._writer.put(trial.number, frames, attributes)

    def captured(self, trial: OpenTrial, at: datetime, device_s: float) -> None:
        """Wait until the trial's frames are synced and checksummed, then commit CAPTURED.

        Earlier trials whose frames are gone since are told in an event, and tagged.
        """
        work = self._of(trial)
        # Remembered, for when the commit fails and the caller tries again.
        work.sealed = work.sealed or self._writer.seal(trial.number)
        if work.sealed is None:
            raise StoreError(f"trial {trial.number} has no frames")
        self._change(
            trial,
            TrialState.CAPTURED,
            {
                "applied_at": work.applied_at,
                "captured_at": at,
                "device_s": device_s,
                "settings": work.read_back,
            },
            sealed=work.sealed,
            settings=work.read_back,
        )
        work.captured = True
        self._kept.tell(at, self.event)
        sealed = work.sealed
        self._kept.add(trial.number, sealed.path, sealed.fields, len(sealed.shape or ()))

    def estimated(self, trial: OpenTrial, at: datetime, assessment: Assessment) -> None:
        """Note the assessment. Not a barrier: it is committed with the end state.

        Raises
        ------
        StoreError
            The trial's frames have been deleted meanwhile.
        """
        if not self._kept.is_whole(trial.number):
            raise StoreError(
                f"the frames of trial {trial.number} are gone from {self._frames_folder}"
            )
        work = self._of(trial)
        work.estimated_at = at
        work.assessment = assessment

    def finish(self, trial: OpenTrial, state: TrialState, at: datetime, reason: str = "") -> None:
        """Commit the end state, with everything noted since the last barrier.

        Frames of a trial that did not get as far as CAPTURED are kept as they are. If they could
        not be written, the reason says so too.

        Raises
        ------
        StoreError
            The trial has ended before, or would be COMPLETE without frames and an assessment.
        """
        work = self._of(trial)
        if state not in ENDED:
            raise StoreError(f"trial {trial.number} cannot end as {state}")
        if state is TrialState.COMPLETE and not (work.captured and work.assessment):
            raise StoreError(f"trial {trial.number} is not measured, so it cannot be COMPLETE")
        values: dict[str, Any] = {"finished_at": at, **work.outcome(state)}
        settings = None
        if not work.captured:
            try:
                work.sealed = work.sealed or self._writer.seal(trial.number)
            except StoreError as error:
                reason = f"{reason}; {error}" if reason else str(error)
            settings = work.read_back or {}
            values |= {"applied_at": work.applied_at, "settings": work.read_back}
        values["reason"] = reason
        if work.began_s is not None:  # by no clock that somebody sets
            values["total_s"] = max(0.0, self._clock.monotonic() - work.began_s)
        self._change(
            trial,
            state,
            values,
            sealed=None if work.captured else work.sealed,
            settings=settings,
            estimate=None
            if work.assessment is None
            else (work.assessment, work.estimated_at or at),
        )
        del self._work[trial.trial_id]

    def event(self, kind: str, at: datetime, detail: Mapping[str, Any]) -> None:
        """Commit an event. It belongs to the trial in work that it names, or to the only one."""
        self._barriers.commit(self._event(kind, at, detail))

    def _event(self, kind: str, at: datetime, detail: Mapping[str, Any]) -> EventEntry:
        work = {key: own.number for key, own in list(self._work.items())}
        named = [key for key, number in work.items() if number == detail.get("trial")]
        trial_id = next(iter(named or (work if len(work) == 1 else ())), None)
        return EventEntry(ordered_id(), self.session_id, trial_id, kind, at, dict(detail))

    def announce(
        self,
        state: SessionState,
        at: datetime,
        reason: str,
        kind: str,
        detail: Mapping[str, Any],
    ) -> None:
        """Commit the session's state and an event in one, beside whatever else waits.

        Not by the journal: no trial waits behind what is said of a pause.
        """
        entry = self._event(kind, at, detail)

        def work(attempt: int) -> None:
            with writing(self._engine) as connection:
                connection.execute(self._state(state, at, reason))
                entry.apply(connection, repeated=attempt > 1)

        self._retry.run(work)

    def session_state(self, state: SessionState, at: datetime, reason: str = "") -> None:
        """Commit the session's state. One that has ended is not paused: that is passed over.

        Where other controllers go on with it, an end is that of this one alone: event ``left``.
        """
        if state.ended:
            self._kept.tell(at, self.event)
        self._catch_up()
        change = self._state(state, at, reason)
        if not state.ended:
            self._commit(change)
        elif others := self._retry.run(lambda _attempt: self._end(change)):
            said = {"controller": self._controller.name, "state": state.value, "why": reason}
            self.event("left", at, {**said, "goes_on": others})

    def _end(self, change: Update) -> list[str]:
        """Commit the end, unless there are others who run the session: their rigs."""
        with writing(self._engine, section=self.session_id) as connection:
            others = ending.leave(
                connection,
                self.session_id,
                self._controller.leases,
                self._watch,
                self._clock.monotonic(),
            )
            if not others:
                connection.execute(change)
            return others

    def _state(self, state: SessionState, at: datetime, reason: str) -> Update:
        before = [old.value for old in SessionState if old.may_become(state)]
        return (
            update(SessionTable)
            .where(SessionTable.id == self.session_id, SessionTable.state.in_(before))
            .values(state=state.value, reason=reason, finished_at=at if state.ended else None)
        )

    # ---- resuming --------------------------------------------------------------------------

    def open_trials(self) -> list[tuple[OpenTrial, TrialState, bool]]:
        """List the trials that have not ended, with whether their controller still runs.

        Those of a dead controller are to be finished from their frames, where CAPTURED (see
        `measurement`), or marked STALE (see `mark_stale`); those of a live one are left alone.
        """
        self._catch_up()
        with self._engine.connect() as connection:
            return trial_changes.open_trials(
                connection, self.session_id, self._watch, self._clock.monotonic()
            )

    def measurement(self, trial: OpenTrial) -> Measurement:
        """Take over a CAPTURED trial and read its frames, checksums verified.

        Afterwards it is this controller's: `estimated` and `finish` end it.

        Raises
        ------
        StoreError
            It is not CAPTURED, a live controller has it in work, not all frames were kept, or the
            files do not match their checksums.
        """
        self._retry.run(lambda _attempt: self._take_over(trial))
        with self._engine.connect() as connection:
            measured = read_measurement(connection, self._frames_folder, trial)
            row = connection.execute(
                select(TrialTable.settings, TrialTable.device_s).where(
                    TrialTable.id == trial.trial_id
                )
            ).one()
        self._work[trial.trial_id] = TrialWork(
            trial.number, captured=True, read_back=row.settings or {}
        )
        return replace(measured, device_s=math.nan if row.device_s is None else row.device_s)

    def read_back(self, trial: OpenTrial) -> Mapping[str, Value]:
        """Give what the devices read back for a trial in work, one taken over included."""
        return self._of(trial).read_back or {}

    def mark_stale(self, trial: OpenTrial, at: datetime, reason: str) -> None:
        """End a trial whose process died. One that has ended meanwhile is left as it is."""
        stale = {"finished_at": at, "reason": reason}
        with suppress(trial_changes.HasEnded):
            self._change(trial, TrialState.STALE, stale, settings={})
        self._work.pop(trial.trial_id, None)

    # ---- life ------------------------------------------------------------------------------

    def give_up(self) -> None:
        """Make calls that wait for the database end in a StoreError. Any thread, any time."""
        self._retry.gave_up.set()

    def close(self) -> None:
        """Write what is in the queue, join the writer, and let go of trials still in work."""
        self._writer.close()
        if self._work:
            keys = list(self._work)
            self._work.clear()
            free = update(TrialTable).where(TrialTable.id.in_(keys)).values(host=None, pid=None)
            # Not worth waiting for: when the process has ended, its trials are free in any case.
            with suppress(DBAPIError), writing(self._engine) as connection:
                connection.execute(free)

    def _of(self, trial: OpenTrial) -> TrialWork:
        try:
            return self._work[trial.trial_id]
        except KeyError:
            raise StoreError(f"trial {trial.number} is not in work here") from None

    def _commit(self, statement: Any) -> None:
        def work(_attempt: int) -> None:
            with writing(self._engine) as connection:
                connection.execute(statement)

        self._retry.run(work)

    def _change(
        self,
        trial: OpenTrial,
        state: TrialState,
        values: Mapping[str, Any],
        *,
        sealed: Sealed | None = None,
        settings: Mapping[str, Value] | None = None,
        estimate: tuple[Assessment, datetime] | None = None,
    ) -> None:
        """Move a trial to ``state``, with the rows that go with it, in one transaction."""
        self._barriers.commit(TrialEntry(trial, state, dict(values), sealed, settings, estimate))

    def _catch_up(self) -> None:
        """Tell the database what it missed while it was away."""
        if n := self._barriers.drain():
            said = {"entries": n, "came_too_late": self._barriers.refused}
            self.event("replayed", self._clock.now(), said)

    def _take_over(self, trial: OpenTrial) -> None:
        with writing(self._engine, section=self.session_id) as connection:
            trial_changes.take_over(
                connection,
                trial,
                self._controller.holder,
                self._controller.name,
                self._watch,
                self._clock.monotonic(),
            )
