"""A whole search in a world that the recorded trials allow: rows and all, but no frames."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hil.proposer import OptunaProposer, SearchPlan
from hil.proposer.surrogate import Surrogate, World
from hil.ranking.leaders import winner
from hil.records.trial import Measured, Proposal, SearchExhausted, TrialRow, TrialState
from hil.records.what_if import Curve
from hil.session.stopping import Course, StopRule, TrialCost


def imagine(
    model: Surrogate,
    world: World,
    plan: SearchPlan,
    rules: Sequence[StopRule],
    cost: TrialCost,
    rng: np.random.Generator,
    frame_s: float = 0.0,
) -> Curve:
    """Run a search to its end.

    Parameters
    ----------
    model, world
        What settings measure.
    plan
        What is searched, and how.
    rules
        What it ends on, as in a session.
    cost
        Frames of a trial.
    rng
        Of the trials' noise.
    frame_s
        Time that passes for each frame, seconds, all that a trial takes included.
    """
    proposer = OptunaProposer(plan)
    rows: list[TrialRow] = []
    attrs: dict[str, object] = {}
    reason = ""
    while not reason:
        taken = sum(cost.frames_of(row.fields) for row in rows)
        course = Course(
            elapsed_s=taken * frame_s,
            highest=max((_value(row) for row in rows), default=-math.inf),
        )
        reason = next((end.reason for rule in rules if (end := rule.met(course))), "")
        reason = reason or next((said for rule in rules if (said := rule.refuses(rows))), "")
        if reason:
            break
        try:
            proposal = proposer.propose(rows, attrs, len(rows))
        except SearchExhausted as done:
            reason = str(done)
            break
        reason = next((said for r in rules if (said := r.refuses_proposal(rows, proposal))), "")
        if not reason:
            attrs |= dict(proposal.study_attrs)
            rows.append(_measured(model, world, proposal, len(rows), rng))
    return curve_of(rows, world, cost, reason)


def curve_of(rows: Sequence[TrialRow], world: World, cost: TrialCost, reason: str) -> Curve:
    """Follow the winner of all trials so far from trial to trial."""
    frames: list[int] = []
    regret: list[float] = []
    known: dict[int, float] = {}
    taken = 0
    for n, row in enumerate(rows, start=1):
        taken += cost.frames_of(row.fields)
        best = winner(rows[:n])
        if best is not None and best.number not in known:
            known[best.number] = world.value(rows[best.number].requested)
        frames.append(taken)
        # The optimum was searched for, and not always found to the last digit.
        lacks = math.nan if best is None else max(world.optimum - known[best.number], 0.0)
        regret.append(lacks)
    return Curve(tuple(frames), tuple(regret), reason)


def _value(row: TrialRow) -> float:
    """Give what a trial counts for a target: nothing where it breaks a constraint."""
    feasible = all(value <= 0 for value in row.constraints.values())
    return row.objectives[0] if row.objectives and feasible else -math.inf


def _measured(
    model: Surrogate, world: World, proposal: Proposal, number: int, rng: np.random.Generator
) -> TrialRow:
    value, constraints = world.measure(proposal.requested, proposal.fields, rng)
    half = model.half_width(len(proposal.fields), value)
    return TrialRow(
        number=number,
        state=TrialState.COMPLETE,
        kind=proposal.kind,
        requested=proposal.requested,
        distributions=proposal.distributions,
        sampler_attrs=proposal.sampler_attrs,
        objectives=(value,),
        constraints=constraints,
        intermediate={},
        retry_of=proposal.retry_of,
        measured=Measured(
            value - half, value + half, (), (), 0.0, math.nan, float(number), proposal.fields
        ),
    )
