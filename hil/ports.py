"""What the controller needs of others, and the records that pass between them.

Everything here is frozen data or a Protocol; nothing touches hardware, a database or a sampler.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Value: TypeAlias = float | int | str
Pixels: TypeAlias = NDArray[np.unsignedinteger[Any]]
T = TypeVar("T")
# "again" measures one of the best trials once more, before the winner is named.
TrialKind: TypeAlias = Literal["search", "start", "reference", "again"]


class TrialState(StrEnum):
    """Where a trial is. The last five are ends."""

    PROPOSED = "PROPOSED"
    APPLIED = "APPLIED"
    CAPTURED = "CAPTURED"
    ESTIMATED = "ESTIMATED"
    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    STALE = "STALE"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to a trial in this state."""
        return self in ENDED

    @property
    def interrupted(self) -> bool:
        """Whether a trial in this state was ended from outside: another takes its place."""
        return self in (TrialState.STALE, TrialState.ABORTED)


ENDED = frozenset(
    {
        TrialState.COMPLETE,
        TrialState.PRUNED,
        TrialState.FAILED,
        TrialState.ABORTED,
        TrialState.STALE,
    }
)


class SessionState(StrEnum):
    """Where a session is."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETE = "COMPLETE"
    STOPPED = "STOPPED"
    FAILED = "FAILED"
    STALE = "STALE"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mutual information between scene and measurement, estimated from noisy frames.

    Parameters
    ----------
    bits_per_pixel
        The point estimate, bits per pixel.
    ci_low, ci_high
        Confidence interval of the mean over fields of view, bits per pixel; NaN if there is none.
    h_y_nats
        Entropy H(Y) of the measurement as the model sees it, nats per pixel.
    h_y_given_x_nats
        Entropy H(Y|X) of the noise, nats per pixel.
    estimator
        Name of the estimator.
    n_patches
        Number of patches the entropy was taken from.
    n_units
        Number of independent units (fields of view) behind the interval.
    seconds
        Time the estimate took, seconds.
    flags
        What to beware of, from `FLAGS`.
    details
        ``"per_field_bits"`` (one number a field), ``"held_out_bits"`` (the bound), and whatever the
        estimator adds. Plain JSON values.
    """

    bits_per_pixel: float
    ci_low: float
    ci_high: float
    h_y_nats: float
    h_y_given_x_nats: float
    estimator: str
    n_patches: int
    n_units: int
    seconds: float
    flags: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


FLAGS = (
    "saturated",
    "noise_mismatch",
    "noise_correlated",
    "fixed_pattern",
    "too_few_units",
    "negative",
    "pairs_saturated",
    "one_scene",
    "coarse_counts",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the frames of a COMPLETE trial came to, beside its objectives.

    Parameters
    ----------
    ci_low, ci_high
        Of the first objective; NaN where there is none.
    field_bits
        Bits per pixel of each field of view.
    light_sensitivity
        For each objective its change for an e-fold in the sample's brightness; empty where that was
        not needed.
    light_sensitivity_bits
        The same for bits per pixel.
    dose_mj
        Light that the trial brought to the sample; NaN where it is not known.
    at_s
        When its frames had been taken, seconds since 1970, UTC.
    """

    ci_low: float
    ci_high: float
    field_bits: tuple[float, ...]
    light_sensitivity: tuple[float, ...]
    light_sensitivity_bits: float
    dose_mj: float
    at_s: float


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial as the proposer sees it: one row of the truth.

    Parameters
    ----------
    number
        0, 1, 2, ... within the session, without gaps.
    requested
        Canonical setting name to value, as proposed (before any device rounded it).
    distributions
        Search axis name to Optuna's JSON of its distribution, as it was when proposed.
    sampler_attrs
        What the sampler stored with the trial.
    objectives
        One number an objective; None unless COMPLETE.
    constraints
        Name to value; at most 0 is feasible.
    intermediate
        Step to value, as reported for pruning.
    retry_of
        Number of the trial whose settings this one measures again: one that was STALE or ABORTED,
        or, for kind ``"again"``, one of the best.
    measured
        None unless COMPLETE.
    """

    number: int
    state: TrialState
    kind: TrialKind
    requested: Mapping[str, Value]
    distributions: Mapping[str, str]
    sampler_attrs: Mapping[str, Any]
    objectives: tuple[float, ...] | None
    constraints: Mapping[str, float]
    intermediate: Mapping[int, float]
    retry_of: int | None = None
    measured: Measured | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a proposer answers; becomes the PROPOSED row in the same transaction."""

    kind: TrialKind
    requested: Mapping[str, Value]
    distributions: Mapping[str, str] = field(default_factory=dict)
    sampler_attrs: Mapping[str, Any] = field(default_factory=dict)
    study_attrs: Mapping[str, Any] = field(default_factory=dict)
    retry_of: int | None = None


@dataclass(frozen=True, slots=True)
class OpenTrial:
    """A trial in work: a row that is PROPOSED, or CAPTURED and taken up again."""

    trial_id: str
    number: int
    kind: TrialKind
    requested: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class FieldFrames:
    """The repeats of one field of view within one trial.

    Parameters
    ----------
    field
        Index of the field in the session's list: the same scene position in every trial.
    frames
        (n_repeats, height, width) or (n_repeats, channels, height, width) unsigned integers, ADU.
    exposure_ms
        Read back from the camera.
    saturation_adu
        ADU at which the camera clips as it is set.
    taken_at
        UTC, when the last repeat arrived.
    """

    field: int
    frames: Pixels
    exposure_ms: float
    saturation_adu: int
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Measurement:
    """All frames of one trial, fields in the session's order.

    Parameters
    ----------
    frames
        (n_fields, n_repeats, height, width) unsigned integers, ADU; channels, where there are
        several, before height.
    exposure_ms, saturation_adu
        As in `FieldFrames`; the same for all fields of a trial.
    n_blanks
        How many of the fields, the last ones, are blank.
    device_s
        Time that the devices took, seconds; NaN where it is not known.
    dose_mj
        Light that reached the sample; NaN where it was not metered.
    """

    frames: Pixels
    exposure_ms: float
    saturation_adu: int
    n_blanks: int = 0
    device_s: float = math.nan
    dose_mj: float = math.nan


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a measurement is worth.

    Parameters
    ----------
    estimate
        Information with its interval.
    objectives
        Objective name to value, in the order of the session file.
    constraints
        Name to value; at most 0 is feasible.
    objective_interval
        Confidence interval of the first objective; None where that is the estimate's bits per
        pixel, whose interval it then has.
    """

    estimate: Estimate
    objectives: Mapping[str, float]
    constraints: Mapping[str, float]
    objective_interval: tuple[float, float] | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """Confidence interval of the first objective; NaN if there is none."""
        if self.objective_interval is not None:
            return self.objective_interval
        if next(iter(self.objectives.values()), None) == self.estimate.bits_per_pixel:
            return self.estimate.ci_low, self.estimate.ci_high
        return math.nan, math.nan


@dataclass(frozen=True, slots=True)
class Best:
    """The best feasible trial so far, by its first objective.

    Parameters
    ----------
    n_measured
        How many trials with these settings the value is the mean of.
    """

    number: int
    objective: float
    ci_low: float
    ci_high: float
    n_measured: int = 1


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


class Worker(Protocol):
    """A thread that works while the caller keeps watch; see `hil.device_thread.DeviceThread`."""

    def run(self, work: Callable[[], T], watch: Callable[[], None]) -> T:
        """Run work, calling ``watch`` at least every 0.1 s."""
        ...


class SearchExhausted(Exception):
    """There is nothing left to propose; the message says why. No row is written."""


class Clock(Protocol):
    """Time, handed in so that tests and replays own it."""

    def now(self) -> datetime:
        """UTC, with time zone."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...


class Estimator(Protocol):
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

    def renew_lease(self, at: datetime) -> None:
        """Say that this controller is alive."""
        ...
