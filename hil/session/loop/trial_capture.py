"""The frames of a trial: settings applied, every field of view visited, light accounted for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from drivers.types import Value
from hil.clock import Clock
from hil.records.estimate import Assessment
from hil.records.frames import FieldFrames, Measurement
from hil.records.request import Wish
from hil.records.trial import OpenTrial, Proposal, TrialRow, TrialState
from hil.rig.capture import Capture
from hil.session.adaptive.contest import Contest, contest_of
from hil.session.control.approval import ApprovalPolicy
from hil.session.control.pausing import Pausing
from hil.session.loop.device_work import DeviceWork
from hil.session.loop.loop_spec import LoopSpec
from hil.session.loop.progress import SessionProgress
from hil.session.pipeline.captured import Captured
from hil.session.ports import Assessor, Store
from hil.session.watched_store import Wait


class TrialCapture:
    """Takes the frames of trials.

    Parameters
    ----------
    spec
        What is run.
    capture
        The rig, on the device thread.
    work
        Runs work on the devices.
    think
        Runs estimates beside the main thread.
    store, estimator, clock
        The ports.
    policy, pausing
        Which moves a person must approve, and who waits for that.
    progress
        Is shown how far a trial is.
    look
        Called while a person is waited for.
    """

    def __init__(
        self,
        spec: LoopSpec,
        capture: Capture,
        work: DeviceWork,
        think: Wait,
        store: Store,
        estimator: Assessor,
        clock: Clock,
        policy: ApprovalPolicy,
        pausing: Pausing,
        progress: SessionProgress,
        look: Callable[[], None],
    ) -> None:
        self._spec = spec
        self._capture = capture
        self._work = work
        self._think = think
        self._store = store
        self._estimator = estimator
        self._clock = clock
        self._policy = policy
        self._pausing = pausing
        self._progress = progress
        self._look = look
        self._contests: dict[int, Contest | None] = {}
        self._dose_mj = 0.0  # of the trial in work, as far as it was asked for

    def prepare(self, number: int, rows: Sequence[TrialRow], proposal: Proposal) -> None:
        """Remember what a trial that was just proposed has to beat."""
        self._contests[number] = contest_of(rows, proposal)

    def forget(self, number: int) -> None:
        """Forget a trial that is not going to be measured."""
        self._contests.pop(number, None)

    def spent_mj(self) -> float:
        """Give the light of the trial in work so far, which the meter gives once."""
        self._dose_mj += self._capture.dose_mj()
        return self._dose_mj

    def take(self, trial: OpenTrial) -> Captured | tuple[TrialState, str]:
        """Take a trial's frames; or say how it ends without."""
        self._progress.show(trial, TrialState.PROPOSED, 0)
        self._dose_mj = 0.0
        began_s = self._capture.device_s()
        wanted = {**self._spec.fixed, **trial.requested, **self._spec.also(trial)}
        if refused := self._refused(trial, wanted):
            return TrialState.PRUNED, refused
        read_back = self._work.run(lambda: self._capture.apply(wanted))
        self._store.applied(trial, self._clock.now(), read_back)
        device_s = self._capture.device_s() - began_s
        measurement, known, why = self._take_fields(trial, device_s, read_back)
        at = self._clock.now()
        self._store.captured(trial, at, measurement.device_s)
        n_fields = len(measurement.fields or self._capture.fields)
        self._progress.show(trial, TrialState.CAPTURED, n_fields)
        return Captured(trial, measurement, read_back, at, self._dose_mj, known, why)

    def _refused(self, trial: OpenTrial, wanted: Mapping[str, Value]) -> str:
        """Have a person approve what moves too far; why it may not move, empty if it may."""
        if not self._policy.watches(wanted):
            return ""
        moves = self._work.run(lambda: self._policy.beyond(wanted))
        if not moves:
            return ""
        said = {"trial": trial.number, "moves": moves}
        limit_s = self._policy.timeout_s
        self._store.event("approval_needed", self._clock.now(), {**said, "timeout_s": limit_s})
        listed = ", ".join(f"{name} {move}" for name, move in moves.items())
        why = f"trial {trial.number} waits for approval: {listed}"
        self._progress.note(f"PAUSED: {why}; hil approve, or hil approve --refuse")
        verdict = self._pausing.wait_for_verdict(trial.number, why, self._look, limit_s)
        self._progress.note("")
        self._work.raise_if_stopped()
        if verdict is None:
            self._store.event("approval_timeout", self._clock.now(), said)
            return f"nobody approved it within {limit_s:g} s: {listed}"
        answer = {**said, "verdict": verdict.wish.value, "by": verdict.by, "why": verdict.why}
        self._store.event("verdict", self._clock.now(), answer)
        if verdict.wish is Wish.APPROVE:
            return ""
        return f"refused by {verdict.by}, {verdict.why}: {listed}"

    def _take_fields(
        self, trial: OpenTrial, device_s: float, read_back: Mapping[str, Value]
    ) -> tuple[Measurement, Assessment | None, str]:
        """Visit every field, in an order of this trial's own, all repeats before moving on.

        Where a contest says which fields are needed, it is asked after each.

        Returns
        -------
        Measurement
        Assessment or None
            Of these frames, where it is known already.
        str
            Why no further field was taken.
        """
        parts: dict[int, FieldFrames] = {}
        contest = self._contests.pop(trial.number, None)
        n_fields, n_places = len(self._capture.fields), self._capture.n_places
        order = field_order(self._spec.seed, trial.number, n_fields)
        fields = [index for index in order if not trial.fields or index in trial.fields]
        places = [*fields, *range(n_fields, n_places)]
        known, why = None, ""
        for index in places:  # which may become more
            began_s = self._capture.device_s()
            taken = self._work.run(partial(self._capture.field, index))
            device_s += self._capture.device_s() - began_s
            self._store.frames(trial, taken)
            parts[index] = taken
            self._progress.show(trial, TrialState.APPLIED, min(len(parts), len(fields)))
            if contest is not None and len(parts) == len(places):
                so_far = self._measured(trial, parts, device_s)
                known = self._think(partial(self._estimator.assess, so_far, read_back))
                verdict = contest.verdict(known, so_far.fields)
                why = verdict.reason
                places += () if verdict.go_on_to is None else (verdict.go_on_to,)
        if n_places > n_fields:
            self._work.run(self._capture.leave_blanks)
        flags = self._capture.end_trial()
        measurement = replace(self._measured(trial, parts, device_s), flags=flags)
        return measurement, None if flags else known, why

    def _measured(
        self, trial: OpenTrial, parts: Mapping[int, FieldFrames], device_s: float
    ) -> Measurement:
        first = next(iter(parts.values()))
        return Measurement(
            np.stack([parts[i].frames for i in sorted(parts)]),
            first.exposure_ms,
            first.saturation_adu,
            self._capture.n_places - len(self._capture.fields),
            device_s,
            self.spent_mj(),
            fields=tuple(sorted(parts)) if trial.fields else (),
        )


def field_order(seed: int, number: int, n_fields: int) -> list[int]:
    """Order in which a trial visits its fields: shuffled, so that drift does not favour any."""
    rng = np.random.default_rng((seed, number, 1))
    return [int(index) for index in rng.permutation(n_fields)]
