"""What a row is expected to be, against what the database then says."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from hil.records.estimate import Assessment, Estimate
from hil.records.frames import Measurement
from hil.records.trial import OpenTrial, Proposal, TrialState
from hil.session.pipeline.captured import Captured, charged_row, complete_row, proposed_row

AT = datetime(2026, 1, 2, tzinfo=UTC)
TRIAL = OpenTrial("key", 3, "search", {"x": 1.0})
MEASUREMENT = Measurement(np.zeros((1, 1, 4, 4), np.uint16), 10.0, 4095)
CAPTURED = Captured(TRIAL, MEASUREMENT, {"x": 1.0}, AT, 0.25)


def make_assessment(bits: float) -> Assessment:
    estimate = Estimate(bits, bits - 0.1, bits + 0.1, 2.0, 1.0, "none", 10, 2, 0.1, (), {})
    return Assessment(estimate, {"bits_per_pixel": bits}, {"flags": 0.0})


def test_a_trial_with_a_number_is_complete() -> None:
    row = proposed_row(3, Proposal("search", {"x": 1.0}, sampler_attrs={"a": 1}))
    assert (row.state, row.objectives) == (TrialState.PROPOSED, None)
    done = complete_row(row, CAPTURED, make_assessment(2.0))
    assert done is not None
    assert (done.state, done.objectives) == (TrialState.COMPLETE, (2.0,))
    assert done.measured is not None
    assert done.measured.at_s == AT.timestamp()


def test_one_without_is_not() -> None:
    row = proposed_row(3, Proposal("search", {"x": 1.0}))
    nothing = replace(make_assessment(2.0), objectives={"bits_per_pixel": math.nan})
    assert complete_row(row, CAPTURED, nothing) is None


def test_budgets_count_the_light_that_was_metered() -> None:
    row = charged_row(proposed_row(3, Proposal("search", {"x": 1.0})), 0.25)
    assert row.measured is not None
    assert row.measured.dose_mj == 0.25
    assert row.charged_fields == ()
