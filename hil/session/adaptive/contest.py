"""Whether another field of view decides anything, asked after each.

A trial is set against the best one so far on the same fields. Both are measured with noise about
the model of standard deviation s (the sampler's, of trials on one field), so that a difference has
sqrt(2) s. What the trial is asked about was settled when it was proposed, from the rows alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hil.ranking.field_values import field_values, valued
from hil.ranking.paired import Paired, paired
from hil.records.estimate import Assessment
from hil.records.trial import FURTHER, Proposal, TrialRow, TrialState, barred
from hil.session.stopping import StopRule

_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a trial goes on.

    Parameters
    ----------
    go_on_to
        The next field of view; None to stop.
    reason
        Why it stops, or goes on.
    """

    go_on_to: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Contest:
    """What a trial is set against.

    Parameters
    ----------
    number
        Of the best trial so far; None where none shares a field with it.
    values
        That trial's first objective by field.
    gain
        What the trial was expected to add to the best.
    sd
        Standard deviation of one difference on one field.
    further
        Fields that it may go on to, in this order.
    """

    number: int | None
    values: Mapping[int, float]
    gain: float
    sd: float
    further: tuple[int, ...]

    def verdict(self, assessment: Assessment, fields: Sequence[int]) -> Judgement:
        """Judge what was measured so far.

        Parameters
        ----------
        assessment
            Of all fields so far.
        fields
            Which they are, ascending.
        """
        n = len(fields)
        against = self.against(assessment, fields)
        left = [field for field in self.further if field not in fields]
        done = f"{n} of {n + len(left)} fields: "
        if barred(assessment.constraints):
            return Judgement(None, done + "it breaks a constraint")
        if against.n and against.loses:
            return Judgement(None, done + self._said(against, "it is worse than"))
        if against.n and against.wins:
            return Judgement(None, done + self._said(against, "it is better than"))
        if self.sd / math.sqrt(n) <= self.gain:
            return Judgement(None, done + f"as sure as the search needs ({self.gain:.2g} expected)")
        if not left:
            return Judgement(None, done + "no further one, " + self._said(against, "as good as"))
        return Judgement(left[0], done + self._said(against, "not told from"))

    def against(self, assessment: Assessment, fields: Sequence[int]) -> Paired:
        """Set the trial against the best so far, on the fields that both have."""
        details = assessment.estimate.details
        values = details.get("objective_fields", details.get("per_field_bits")) or ()
        objective = next(iter(assessment.objectives.values()))
        own = valued(objective, dict(zip(fields, values, strict=False)))
        common = [own[field] - self.values[field] for field in own if field in self.values]
        return paired(common, self.sd, _ALPHA)

    def _said(self, against: Paired, how: str) -> str:
        if self.number is None or not against.n:
            return "there is none to set it against"
        return f"{how} trial {self.number} ({against.mean:+.2g}, surely within {against.half:.2g})"


def contest_of(rows: Sequence[TrialRow], proposal: Proposal) -> Contest | None:
    """Settle what a trial is asked about; None where it takes its fields and no more.

    Parameters
    ----------
    rows
        All trials so far.
    proposal
        With the fields that it may go on to.
    """
    from hil.proposer.attributes import GAIN_ATTR, NOISE_ATTR

    gain, noise_sd = (proposal.sampler_attrs.get(name) for name in (GAIN_ATTR, NOISE_ATTR))
    if not proposal.further or gain is None or noise_sd is None:
        return None
    best, values = _incumbent(rows, proposal.fields)
    # first where there is something to compare with
    further = sorted(proposal.further, key=lambda field: field not in values)
    return Contest(best, values, float(gain), math.sqrt(2) * float(noise_sd), tuple(further))


def _incumbent(
    rows: Sequence[TrialRow], fields: Sequence[int]
) -> tuple[int | None, Mapping[int, float]]:
    """Find the best feasible trial on these fields, and its value on each that it has."""
    best: int | None = None
    highest, values = -math.inf, {}
    for row in rows:
        if row.state is not TrialState.COMPLETE or barred(row.constraints):
            continue
        known = field_values(row)
        if not all(field in known for field in fields):
            continue
        value = sum(known[field] for field in fields) / len(fields)
        if value > highest:
            best, highest, values = row.number, value, dict(known)
    return best, values


def within(
    rules: Sequence[StopRule], rows: Sequence[TrialRow], proposal: Proposal
) -> tuple[Proposal, str]:
    """Leave a trial the further fields that all budgets have room for, should it take them.

    Returns
    -------
    Proposal
    str
        Why it may not start at all; empty if it may.
    """
    problem = _refused(rules, rows, proposal)
    further = list(proposal.further)
    while problem and further:
        further.pop()
        proposal = replace(proposal, sampler_attrs={**proposal.sampler_attrs, FURTHER: further})
        problem = _refused(rules, rows, proposal)
    return proposal, problem


def _refused(rules: Sequence[StopRule], rows: Sequence[TrialRow], proposal: Proposal) -> str:
    return next((why for rule in rules if (why := rule.refuses_proposal(rows, proposal))), "")
