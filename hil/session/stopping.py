"""What ends a session: one class a rule, and the one list of them.

The controller asks all rules at three moments. Before each trial: `StopRule.met`. Inside the
store's critical section, where no other controller can start a trial in between: before a trial is
proposed, `StopRule.refuses`; and once its settings are known, `StopRule.refuses_proposal`. A new
rule is a class here, an entry of ``_RULES``, and its key in `hil.spec.Stop`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from drivers.types import Value
from hil.records.session import SessionState
from hil.records.trial import Proposal, TrialRow
from hil.spec import Stop

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Ending:
    """How the loop ended."""

    state: SessionState
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """How one controller's work on a session has gone so far.

    Parameters
    ----------
    elapsed_s
        Since it began or went on, seconds.
    asked_to_stop
        Why a person asked for the end; empty if nobody did.
    highest
        First objective of the best feasible trial that this controller measured.
    failures
        Trials that failed since the last one that worked.
    last_fault
        What the last one failed of.
    """

    elapsed_s: float = 0.0
    asked_to_stop: str = ""
    highest: float = -math.inf
    failures: int = 0
    last_fault: str = ""


class StopRule(Protocol):
    """One condition to end on. A rule says nothing at the moments that are not its own."""

    def met(self, course: Course) -> Ending | None:
        """Say, before another trial, how the session ends; None while it goes on."""
        return None

    def refuses(self, rows: Sequence[TrialRow]) -> str:
        """Say, in the critical section, why no trial may be proposed; empty if one may.

        Parameters
        ----------
        rows
            All trials of the session, those of other controllers included.
        """
        return ""

    def refuses_proposal(self, rows: Sequence[TrialRow], proposal: Proposal) -> str:
        """Say, in the critical section, why a proposed trial may not start; empty if it may.

        Parameters
        ----------
        rows
            All trials of the session, without the proposed one.
        proposal
            Its settings, and the fields of view that it takes.
        """
        return ""


class AskedFor(StopRule):
    """A person, a signal or another process asked for the end."""

    def met(self, course: Course) -> Ending | None:
        """End as STOPPED, for the reason given."""
        asked = course.asked_to_stop
        return Ending(SessionState.STOPPED, asked) if asked else None


@dataclass(frozen=True, slots=True)
class Target(StopRule):
    """A feasible trial's first objective reached what was wanted."""

    objective: float

    def met(self, course: Course) -> Ending | None:
        """End as COMPLETE once a trial of this controller is as good."""
        if course.highest < self.objective:
            return None
        return Ending(SessionState.COMPLETE, f"the target of {self.objective:g} was reached")


@dataclass(frozen=True, slots=True)
class FailuresInARow(StopRule):
    """So many trials failed without one that worked between them."""

    most: int

    def met(self, course: Course) -> Ending | None:
        """End as FAILED, with the last trial's fault."""
        if course.failures < self.most:
            return None
        said = f"{course.failures} trials in a row failed, the last one: {course.last_fault}"
        return Ending(SessionState.FAILED, said)


@dataclass(frozen=True, slots=True)
class WallTime(StopRule):
    """The time is over, seconds since the session began or went on."""

    limit_s: float

    def met(self, course: Course) -> Ending | None:
        """End as COMPLETE; a trial that began in time was finished."""
        if course.elapsed_s < self.limit_s:
            return None
        return Ending(SessionState.COMPLETE, f"the time of {self.limit_s:g} s is over")


@dataclass(frozen=True, slots=True)
class Trials(StopRule):
    """All trials are done; those that were interrupted do not count."""

    number: int

    def refuses(self, rows: Sequence[TrialRow]) -> str:
        """Refuse the trial after the last."""
        done = sum(not row.state.interrupted for row in rows)
        return f"all {self.number} trials are done" if done >= self.number else ""


@dataclass(frozen=True, slots=True)
class TrialCost:
    """What one trial takes.

    Parameters
    ----------
    frames
        All fields and repeats together.
    planned_mj
        Light of its exposures, from its settings, millijoules, where it takes all fields.
    n_fields
        How many fields of view there are.
    """

    frames: int
    planned_mj: Callable[[Mapping[str, Value]], float]
    n_fields: int = 1

    def frames_of(self, fields: Collection[int]) -> int:
        """Count the frames of a trial that takes these fields of view; empty for all."""
        return self.frames * len(fields) // self.n_fields if fields else self.frames

    def dose_mj(self, requested: Mapping[str, Value], fields: Collection[int]) -> float:
        """Plan the light of a trial that takes these fields of view; empty for all."""
        share = len(fields) / self.n_fields if fields else 1.0
        return self.planned_mj(requested) * share


@dataclass(frozen=True, slots=True)
class FrameBudget(StopRule):
    """What all trials of a session together may take of frames; those begun count in full."""

    limit: int
    cost: TrialCost

    def refuses_proposal(self, rows: Sequence[TrialRow], proposal: Proposal) -> str:
        """Refuse a trial that would bring the session above the limit."""
        taken = sum(self.cost.frames_of(row.charged_fields) for row in rows)
        above = taken + self.cost.frames_of(proposal.most_fields) > self.limit
        return f"another trial would exceed {self.limit} frames" if above else ""


@dataclass(frozen=True, slots=True)
class DoseBudget(StopRule):
    """What all trials of a session together may bring to the sample.

    Parameters
    ----------
    limit_mj
        From the session file.
    cost
        Of one trial.
    """

    limit_mj: float
    cost: TrialCost

    def refuses_proposal(self, rows: Sequence[TrialRow], proposal: Proposal) -> str:
        """Refuse a trial that would exceed the limit.

        Trials that were not measured to the end count in full. A sample that is always lit gets
        more than the exposures bring: as much more as in the worst trial so far.
        """
        spent, worst = 0.0, 1.0
        for row in rows:
            planned = self.cost.dose_mj(row.requested, row.charged_fields)
            if row.measured is None or math.isnan(row.measured.dose_mj):
                spent += planned * worst
                continue
            spent += row.measured.dose_mj
            if planned > 0:
                worst = max(worst, row.measured.dose_mj / planned)
        after = spent + self.cost.dose_mj(proposal.requested, proposal.most_fields) * worst
        if after <= self.limit_mj * (1 + _ROUNDING):
            return ""
        return f"another trial would exceed {self.limit_mj:g} mJ: {spent:.6g} mJ are spent"


# Key of [stop] to its rule, in the order in which they are asked: the first one met counts.
_RULES: Mapping[str, Callable[[Any, TrialCost], StopRule]] = {
    "target": lambda value, cost: Target(value),
    "failures_in_a_row": lambda value, cost: FailuresInARow(value),
    "wall_s": lambda value, cost: WallTime(value),
    "frames": lambda value, cost: FrameBudget(value, cost),
    "dose_mj": lambda value, cost: DoseBudget(value, cost),
}


def stop_rules(trials: int, stop: Stop, cost: TrialCost) -> tuple[StopRule, ...]:
    """Make the rules that a session ends on.

    Parameters
    ----------
    trials
        Its number of trials.
    stop
        ``[stop]`` of the session file; keys without a value make no rule.
    cost
        Of one trial.
    """
    asked = {key: getattr(stop, key) for key in _RULES}
    further = [_RULES[key](value, cost) for key, value in asked.items() if value is not None]
    return (AskedFor(), Trials(trials), *further)
