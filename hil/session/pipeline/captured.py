"""A trial whose frames are taken, and what its row is going to be once it is estimated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from drivers.types import Value
from hil.records.estimate import Assessment
from hil.records.frames import Measurement
from hil.records.trial import Measured, OpenTrial, Proposal, TrialRow, TrialState


@dataclass(frozen=True, slots=True)
class Captured:
    """What the devices gave for a trial.

    Parameters
    ----------
    trial, measurement
        Which, and its frames.
    read_back
        What the devices read back.
    at
        When all its frames were on the disk.
    dose_mj
        Light that it brought to the sample.
    known
        The estimate, where there is one already.
    why
        What the row says of it.
    """

    trial: OpenTrial
    measurement: Measurement
    read_back: Mapping[str, Value]
    at: datetime
    dose_mj: float
    known: Assessment | None = None
    why: str = ""


def proposed_row(number: int, proposal: Proposal) -> TrialRow:
    """Give the row of a trial that has just been proposed."""
    return TrialRow(
        number=number,
        state=TrialState.PROPOSED,
        kind=proposal.kind,
        requested=proposal.requested,
        distributions=proposal.distributions,
        sampler_attrs=proposal.sampler_attrs,
        objectives=None,
        constraints={},
        intermediate={},
        retry_of=proposal.retry_of,
    )


def complete_row(row: TrialRow, captured: Captured, assessment: Assessment) -> TrialRow | None:
    """Give the row that a trial is going to have; None where it does not end as COMPLETE.

    As `hil.store.trials.rows` reads it, which is compared before anything rests on it.
    """
    objectives = tuple(assessment.objectives.values())
    if not all(math.isfinite(value) for value in objectives):
        return None
    details = assessment.estimate.details
    low, high = assessment.interval
    measured = Measured(
        ci_low=low,
        ci_high=high,
        field_bits=tuple(details.get("per_field_bits") or ()),
        light_sensitivity=tuple(details.get("light_sensitivity") or ()),
        light_sensitivity_bits=details.get("light_sensitivity_bits", math.nan),
        dose_mj=details.get("dose_mj", math.nan),
        at_s=captured.at.timestamp(),
        fields=tuple(details.get("fields") or ()),
    )
    return replace(
        row,
        state=TrialState.COMPLETE,
        objectives=objectives,
        constraints=dict(assessment.constraints),
        measured=measured,
    )


def charged_row(row: TrialRow, dose_mj: float) -> TrialRow:
    """Give a trial's row with the light that it is known to have brought, for budgets of light."""
    nan = math.nan
    return replace(row, measured=Measured(nan, nan, (), (), nan, dose_mj, nan))
