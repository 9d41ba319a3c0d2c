"""A study as arrays."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from hil.proposer.attributes import FIELDS_ATTR, SD_ATTR
from hil.proposer.auto.observations import observed, slope, transformed
from hil.proposer.auto.space import UnitSpace

AXES = {"z": FloatDistribution(0, 1)}


def trial(z: float, value: float | None, **user: object) -> optuna.trial.FrozenTrial:
    return optuna.trial.create_trial(
        state=TrialState.FAIL if value is None else TrialState.COMPLETE,
        params={"z": z},
        distributions=dict(AXES),
        value=value,
        user_attrs=user,
    )


def test_what_was_measured_and_what_failed() -> None:
    outside = optuna.trial.create_trial(
        params={"z": 3.0}, distributions={"z": FloatDistribution(0, 5)}, value=9.0
    )
    trials = [trial(0.2, 1.0), trial(0.4, None), trial(0.6, 2.0), outside]
    seen = observed(trials, AXES, UnitSpace(AXES), [1.0])
    assert seen.points.ravel() == pytest.approx([0.2, 0.6, 3.0])
    assert seen.values.ravel() == pytest.approx([1, 2, 9])
    assert list(seen.eligible) == [True, True, False], "where nobody searches now, nothing wins"
    assert seen.pending.ravel() == pytest.approx([0.4])
    assert seen.fields.shape == (3, 0)


def test_a_loss_is_turned_round() -> None:
    seen = observed([trial(0.2, 3.0)], AXES, UnitSpace(AXES), [-1.0])
    assert seen.values.ravel() == pytest.approx([-3])


def test_shares_of_fields_of_view_where_trials_differ() -> None:
    fields = [[0], [0, 2], [2]]
    trials = [trial(0.1 * i, 1.0, **{FIELDS_ATTR: own}) for i, own in enumerate(fields)]
    seen = observed(trials, AXES, UnitSpace(AXES), [1.0])
    assert seen.fields == pytest.approx(np.array([[1, 0, 0], [0.5, 0, 0.5], [0, 0, 1]]))


def test_noise_is_relative_and_bounded() -> None:
    sds = [0.01, 0.01, 0.02, 10.0]
    trials = [trial(0.1 * i, 1.0, **{SD_ATTR: sd}) for i, sd in enumerate(sds)]
    found = observed(trials, AXES, UnitSpace(AXES), [1.0]).relative_variance
    assert found[2] == pytest.approx(4 * found[0])
    assert found.max() <= 5


def test_more_fields_count_as_more_whatever_their_own_interval_says() -> None:
    """From two fields an interval may be narrow by chance, and that of all is wide by scenes."""
    cases = [([0], 0.01), ([0], 0.01), ([0, 1], 0.0001), ([1], 0.02), ([0, 1, 2, 3], 0.1)]
    trials = [
        trial(0.1 * i, 1.0, **{SD_ATTR: sd, FIELDS_ATTR: fields})
        for i, (fields, sd) in enumerate(cases)
    ]
    found = observed(trials, AXES, UnitSpace(AXES), [1.0]).relative_variance
    assert list(found) == pytest.approx([1.0, 1.0, 0.5, 4.0, 0.25])


def test_the_logarithm_goes_over_into_a_line_and_is_monotone() -> None:
    values = np.array([-0.02, 0.0, 0.01, 0.3, 1.0, 2.0])
    found = transformed(values)
    assert np.all(np.diff(found) > 0)
    assert found[-1] - found[-2] == pytest.approx(np.log(2), abs=0.01)
    step = 1e-6
    shifted = transformed(np.array([*values[:3], 0.3 + step, *values[4:]]))
    assert (shifted[3] - found[3]) / step == pytest.approx(slope(values)[3], rel=1e-3)


def test_losses_stay_as_they_are() -> None:
    values = np.array([-3.0, -1.0, -0.5])
    assert np.array_equal(transformed(values), values)
