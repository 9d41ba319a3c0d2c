"""A trial as rows, proposals and results: what it is, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from drivers.types import Value

# "again" measures one of the best trials once more, before the winner is named.
# Where the sampler's attributes keep the fields of view of a trial that does not take all.
FIELDS = "hil:fields"
# ... and those that it may go on to, in this order.
FURTHER = "hil:further"
# ... and what sampler `model` did: the step, and why.
MODEL = "hil:model"
# ... and, of a trial of a leader with fresh frames, what the search says of its information less
# that of each leader before: number of that one's trial to difference and standard deviation.
EXPECTED = "hil:expected"

# A constraint that a trial breaks by what a part of the fields of view cannot tell, and all of them
# can: it is not to win as it stands, but is searched with and may lead.
UNDECIDED = "flags_undecided"

# An objective beyond it is none: databases keep infinity as the largest number there is, no axis
# has room for either, and no sum or square of it can be taken.
LARGEST_OBJECTIVE = 1e300

# Before the name of a metric where it stands among settings, columns and objectives.
METRIC = "metric."

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
    fields
        Which fields of view they are; empty where a trial takes all.
    objective_fields
        The first objective in each field, where it is no information; None where it is.
    """

    ci_low: float
    ci_high: float
    field_bits: tuple[float, ...]
    light_sensitivity: tuple[float, ...]
    light_sensitivity_bits: float
    dose_mj: float
    at_s: float
    fields: tuple[int, ...] = ()
    objective_fields: tuple[float, ...] | None = None


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

    @property
    def fields(self) -> tuple[int, ...]:
        """Fields of view that the trial begins with; empty for all."""
        return tuple(self.sampler_attrs.get(FIELDS, ()))

    @property
    def charged_fields(self) -> tuple[int, ...]:
        """Fields of view that budgets count: those taken or, unless it is COMPLETE, all it might.

        Empty for all.
        """
        if self.fields and self.measured is not None and self.measured.fields:
            return self.measured.fields
        return _all_it_might(self.sampler_attrs)

    @property
    def attrs_as_taken(self) -> dict[str, Any]:
        """The sampler's attributes, for a trial that is to take the fields that this one took."""
        attrs = {key: value for key, value in self.sampler_attrs.items() if key != FURTHER}
        return attrs | ({FIELDS: list(self.charged_fields)} if self.fields else {})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a proposer answers; becomes the PROPOSED row in the same transaction."""

    kind: TrialKind
    requested: Mapping[str, Value]
    distributions: Mapping[str, str] = field(default_factory=dict)
    sampler_attrs: Mapping[str, Any] = field(default_factory=dict)
    study_attrs: Mapping[str, Any] = field(default_factory=dict)
    retry_of: int | None = None

    @property
    def fields(self) -> tuple[int, ...]:
        """Fields of view that the trial is to take; empty for all."""
        return tuple(self.sampler_attrs.get(FIELDS, ()))

    @property
    def further(self) -> tuple[int, ...]:
        """Fields of view that it may go on to."""
        return tuple(self.sampler_attrs.get(FURTHER, ()))

    @property
    def most_fields(self) -> tuple[int, ...]:
        """All fields of view that it might take; empty for all."""
        return _all_it_might(self.sampler_attrs)


def _all_it_might(attrs: Mapping[str, Any]) -> tuple[int, ...]:
    fields = tuple(attrs.get(FIELDS, ()))
    return (*fields, *attrs.get(FURTHER, ())) if fields else ()


@dataclass(frozen=True, slots=True)
class OpenTrial:
    """A trial in work: a row that is PROPOSED, or CAPTURED and taken up again.

    Parameters
    ----------
    fields
        Fields of view that it takes, or begins with; empty for all.
    """

    trial_id: str
    number: int
    kind: TrialKind
    requested: Mapping[str, Value]
    fields: tuple[int, ...] = ()


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


class ThinkFirst(Exception):
    """A proposal that takes long to find: to be worked on outside the critical section first.

    Parameters
    ----------
    work
        Called without the store's section held; then the proposer is asked again.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__("think first")
        self.work = work


class SearchExhausted(Exception):
    """There is nothing left to propose; the message says why. No row is written."""


def is_objective(value: float) -> bool:
    """Whether a value can be compared with others: it is a number, and neither infinity."""
    return abs(value) <= LARGEST_OBJECTIVE


def barred(constraints: Mapping[str, float]) -> bool:
    """Whether a constraint is broken, and not only by what all fields of view are to decide."""
    return any(value > 0 for name, value in constraints.items() if name != UNDECIDED)
