"""The trial loop, as a state machine.

PROPOSED -> APPLIED -> CAPTURED -> ESTIMATED -> COMPLETE, and from any of them FAILED (a fault) or
ABORTED (a person stopped it). The main thread runs this; it hands work to the device thread and
keeps watch every 0.1 s, so that a stop is heard during a long exposure.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from drivers.types import Value
from hil.clock import Clock
from hil.errors import HilError, InterlockOpen, RigHeld, StoreError
from hil.records.estimate import Assessment
from hil.records.frames import Measurement
from hil.records.session import Observer, SessionState
from hil.records.trial import Best, OpenTrial, Proposal, SearchExhausted, TrialRow, TrialState
from hil.rig.capture import Capture
from hil.rig.guards.guard import FramesRefused
from hil.session.adaptive.contest import within
from hil.session.control.approval import ApprovalPolicy
from hil.session.control.pause_rules import PauseRules, TrialEnd
from hil.session.control.pausing import Pausing
from hil.session.loop.device_work import DeviceWork, Stopped
from hil.session.loop.loop_spec import LoopSpec
from hil.session.loop.progress import SessionProgress
from hil.session.loop.trial_capture import TrialCapture
from hil.session.pipeline.captured import Captured
from hil.session.pipeline.overlap import Overlap
from hil.session.ports import Assessor, Proposer, Store, Worker
from hil.session.stopping import Course, Ending
from hil.session.watched_store import Wait
from hil.supervision.stop import StopSwitch


class Controller:
    """Runs trials until the session has what it asked for, or is stopped.

    Parameters
    ----------
    spec
        What is run.
    capture
        The rig, on the device thread.
    devices
        Runs work on the devices while `watch` is called.
    wait, think
        Run anything else beside the main thread: what waits for a while, and what estimates.
    worked
        Called after each work of the devices.
    store, proposer, estimator, clock
        The ports; the store keeps watch by itself.
    stop
        Pressed by signals.
    pausing
        Holds the loop while a person wants it, or `pause_rules` do.
    pause_rules
        Asked after each trial.
    policy
        Says which moves a person must approve.
    hanging
        Says which call of which device hangs, empty if none does: then the session ends.
    look
        Called every 0.1 s: shows a guardian that this process lives, and asks for stops.
    halt
        Called every 0.1 s once a stop is asked for, while the devices work.
    observer
        Is shown how the session goes.
    overlap
        Estimates a trial while the next one is measured; None to do one after the other.
    best
        Of the trials that were there before.
    """

    def __init__(
        self,
        spec: LoopSpec,
        *,
        capture: Capture,
        devices: Worker,
        wait: Wait,
        think: Wait,
        worked: Callable[[], None],
        store: Store,
        proposer: Proposer,
        estimator: Assessor,
        clock: Clock,
        stop: StopSwitch,
        pausing: Pausing,
        pause_rules: PauseRules,
        policy: ApprovalPolicy,
        hanging: Callable[[], str],
        look: Callable[[], None],
        halt: Callable[[], None],
        observer: Observer,
        overlap: Overlap | None = None,
        best: Best | None = None,
    ) -> None:
        self._spec = spec
        self._capture = capture
        self._wait = wait
        self._think = think
        self._store = store
        self._proposer = proposer
        self._estimator = estimator
        self._clock = clock
        self._stop = stop
        self._pausing = pausing
        self._pause_rules = pause_rules
        self._hanging = hanging
        self._look = look
        self._overlap = overlap
        self._progress = SessionProgress(
            spec.trials, len(capture.fields), clock, look, observer, best
        )
        self._work = DeviceWork(devices, worked, stop, pausing, hanging, look, halt, self._progress)
        self._frames = TrialCapture(
            spec,
            capture,
            self._work,
            think,
            store,
            estimator,
            clock,
            policy,
            pausing,
            self._progress,
            look,
        )
        self._asked: tuple[Sequence[TrialRow], Mapping[str, Any], Proposal] | None = None
        self._asked_s = 0.0

    # --- the loop --------------------------------------------------------------------------------

    def run(self) -> Ending:
        """Run trials to the end.

        Raises
        ------
        RigHeld
            Another process has taken the rig.
        Exception
            A defect, or a database that is gone for good; the trial in work is FAILED where that
            could still be written.
        """
        try:
            return self._run()
        finally:  # whatever ends it: a trial whose frames are taken is not left open
            with suppress(Exception):
                self._settle()

    def _run(self) -> Ending:
        while True:
            if self._pausing.wanted:
                self._settle()
            self._work.hold()
            if ending := self._ending():
                self._settle()
                return ending
            self._consider()
            try:
                trial = self._store.propose(self._ask)
            except SearchExhausted as done:
                if self._settle():
                    continue
                if self.recover():
                    self._progress.note("waiting for another controller's trial")
                    self._wait(_pause)
                    continue
                return Ending(SessionState.COMPLETE, str(done))
            self._run_trial(trial)

    def ask(self) -> OpenTrial:
        """Commit the next proposal, for who has trials measured one by one.

        Raises
        ------
        SearchExhausted
            The session takes no further trial; says why.
        """
        self._work.hold()
        if ending := self._ending():
            raise SearchExhausted(ending.reason)
        return self._store.propose(self._ask)

    def measure(self, trial: OpenTrial) -> None:
        """Measure a trial that was asked for, to whatever end."""
        self._run_trial(trial)

    def give_back(self, trial: OpenTrial, reason: str) -> None:
        """End a trial that was asked for and is not going to be measured; another may follow."""
        self._frames.forget(trial.number)
        self._finish(trial, TrialState.ABORTED, reason)

    def ending(self) -> Ending | None:
        """Tell how the session ends by now; None where it could go on."""
        if found := self._ending():
            return found
        if self._progress.is_full:
            return Ending(SessionState.COMPLETE, f"all {self._spec.trials} trials are done")
        return None

    def recover(self) -> bool:
        """Take care of trials that other processes left open; whether any are still in work.

        A CAPTURED trial of a dead process is finished from its frames; its other trials are STALE.
        """
        waiting = False
        for trial, state, alive in self._store.open_trials():
            waiting = True  # for its end, or for what must be proposed in its place
            if not alive:
                self._recover(trial, state)
        return waiting

    def _recover(self, trial: OpenTrial, state: TrialState) -> None:
        if state is not TrialState.CAPTURED:
            self._store.mark_stale(trial, self._clock.now(), "its process died")
            return
        try:
            measurement = self._store.measurement(trial)
        except StoreError as error:
            self._store.mark_stale(trial, self._clock.now(), str(error))
            return
        measurement = replace(measurement, n_blanks=len(self._capture.blanks))
        settings = self._store.read_back(trial)
        self._end(trial, lambda: self.assess(trial, measurement, settings))

    def _ending(self) -> Ending | None:
        self._look()
        if (hanging := self._hanging()) and not self._stop.reason:
            return Ending(SessionState.FAILED, hanging)
        stands = self._progress
        course = Course(
            stands.elapsed_s, self._stop.reason, stands.highest, stands.failures, stands.last_fault
        )
        return next((end for rule in self._spec.rules if (end := rule.met(course))), None)

    def _ask(self, rows: Sequence[TrialRow], attrs: Mapping[str, Any], number: int) -> Proposal:
        """Ask for a trial, inside the critical section: no controller can exceed a budget."""
        self._progress.count(rows)
        charged = rows if self._overlap is None else self._overlap.charged(rows)
        for rule in self._spec.rules:
            if problem := rule.refuses(charged):
                raise SearchExhausted(problem)
        began_s = self._clock.monotonic()
        proposal = self._proposer.propose(rows, attrs, number)
        self._asked_s = self._clock.monotonic() - began_s
        proposal, problem = within(self._spec.rules, charged, proposal)
        if problem:
            raise SearchExhausted(problem)
        self._frames.prepare(number, rows, proposal)
        self._asked = rows, attrs, proposal
        return proposal

    # --- one trial -------------------------------------------------------------------------------

    def _run_trial(self, trial: OpenTrial) -> None:
        if self._overlap is None or not self._overlap.on:
            self._end(trial, lambda: self._measure(trial))
            return
        if self._asked is not None:
            self._overlap.look_ahead(*self._asked)
        self._end(trial, partial(self._measure_beside, trial, self._overlap))

    def _measure_beside(self, trial: OpenTrial, overlap: Overlap) -> tuple[TrialState, str] | None:
        """Measure while the trial before is estimated; None where it is now being estimated."""
        try:
            found = self._frames.take(trial)
        finally:  # trials end in their order
            self._settle()
        if not isinstance(found, Captured):
            return found
        overlap.estimate(found, self._estimator)
        return None

    def _settle(self) -> bool:
        """End the trial that is estimated beside, if there is any; whether there was."""
        work = None if self._overlap is None else self._overlap.take()
        if work is None:
            return False
        captured, estimate = work.captured, work.estimate
        self._end(
            captured.trial,
            # on the thread that estimates: it has come to the end of what it was given before
            lambda: self._judge(captured.trial, self._think(estimate.result), captured.why),
            lambda: captured.dose_mj,
        )
        return True

    def _consider(self) -> None:
        if self._overlap is not None and (why := self._overlap.consider()):
            self._store.event("pipelined", self._clock.now(), why)

    def _end(
        self,
        trial: OpenTrial,
        work: Callable[[], tuple[TrialState, str] | None],
        spent_mj: Callable[[], float] | None = None,
    ) -> None:
        """End a trial by what work on it comes to; None leaves it open."""
        interlock = False
        try:
            if (found := work()) is None:
                return
            state, reason = found
        except InterlockOpen as error:
            interlock = True
            state, reason = TrialState.FAILED, str(error)
        except Stopped:
            state, reason = TrialState.ABORTED, self._stop.reason
        except RigHeld as taken:
            with suppress(StoreError):  # who has taken the rig may have ended the trial
                self._finish(trial, TrialState.ABORTED, str(taken))
            raise
        except HilError as error:
            # A halted device complains; that is no fault of its own.
            stopped = bool(self._stop.reason)
            if isinstance(error, FramesRefused):
                self._store.event("frames_refused", self._clock.now(), error.to_json(trial.number))
            state = TrialState.ABORTED if stopped else TrialState.FAILED
            reason = self._stop.reason if stopped else str(error)
        except BaseException as error:
            self._finish(trial, TrialState.FAILED, f"{type(error).__name__}: {error}")
            raise
        try:
            if state in (TrialState.FAILED, TrialState.ABORTED):
                self._charge(trial, (spent_mj or self._frames.spent_mj)())
            if interlock:
                said = {"trial": trial.number, "why": reason}
                self._store.event("interlock", self._clock.now(), said)
        finally:  # whatever becomes of what is told about it, the trial is not left open
            self._finish(trial, state, reason)
        stands = self._progress
        end = TrialEnd(trial.kind, state, stands.last_fault, interlock, stands.failures)
        if why := self._pause_rules.why(end):
            self._pausing.wishes.pause(why)

    def _charge(self, trial: OpenTrial, dose_mj: float) -> None:
        """Write down the light of a trial that was not measured to its end."""
        if dose_mj > 0:
            detail = {"trial": trial.number, "dose_mj": dose_mj}
            self._store.event("dose", self._clock.now(), detail)

    def _finish(self, trial: OpenTrial, state: TrialState, reason: str) -> None:
        at = self._clock.now()
        try:
            self._store.finish(trial, state, at, reason)
        except HilError:  # it has been tried for long enough
            raise
        except Exception:  # a defect ends the session, and need not leave the trial open
            self._store.finish(trial, state, at, reason)
            raise
        self._progress.ended(trial, state, reason)

    def _measure(self, trial: OpenTrial) -> tuple[TrialState, str]:
        began_s = self._clock.monotonic()
        found = self._frames.take(trial)
        if not isinstance(found, Captured):
            return found
        measured_s = self._clock.monotonic()
        ended = self.assess(trial, found.measurement, found.read_back, found.known, found.why)
        if self._overlap is not None:
            thought_s = self._clock.monotonic() - measured_s + self._asked_s
            self._overlap.took(measured_s - began_s, thought_s)
        return ended

    def assess(
        self,
        trial: OpenTrial,
        measurement: Measurement,
        settings: Mapping[str, Value],
        known: Assessment | None = None,
        why: str = "",
    ) -> tuple[TrialState, str]:
        """Estimate a captured trial; also those that an earlier process left behind.

        Parameters
        ----------
        known
            The estimate, where there is one already.
        why
            What the row says of it.
        """
        assessment = known or self._think(lambda: self._estimator.assess(measurement, settings))
        return self._judge(trial, assessment, why)

    def _judge(self, trial: OpenTrial, assessment: Assessment, why: str) -> tuple[TrialState, str]:
        """Note what a trial came to."""
        self._store.estimated(trial, self._clock.now(), assessment)
        if assessment.absent:
            said = {"trial": trial.number, "metrics": dict(assessment.absent)}
            self._store.event("metric_absent", self._clock.now(), said)
        if assessment.failure:
            return TrialState.FAILED, assessment.failure
        values = list(assessment.objectives.values())
        if not all(math.isfinite(value) for value in values):
            return TrialState.FAILED, "the estimate is not a finite number"
        self._compare(trial, assessment, values[0])
        return TrialState.COMPLETE, why

    def _compare(self, trial: OpenTrial, assessment: Assessment, objective: float) -> None:
        broken = {name: value for name, value in assessment.constraints.items() if value > 0}
        if broken:
            self._store.event(
                "constraint_broken", self._clock.now(), {"trial": trial.number, "excess": broken}
            )
            return
        best = Best(trial.number, objective, *assessment.interval)
        self._progress.compare(best, trial.requested)


def _pause() -> None:
    time.sleep(0.2)
