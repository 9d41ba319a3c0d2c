"""What the search says of leaders' differences, as rows keep it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hil.ranking.expected import expected
from hil.records.trial import EXPECTED, TrialRow, TrialState
from tests.hil.ranking.test_finals import again


def row(number: int, place: float, told: dict[str, Any]) -> TrialRow:
    return replace(again(number, place, (1.0, 1.1)), sampler_attrs={EXPECTED: told})


def grouped(rows: list[TrialRow]) -> list[list[TrialRow]]:
    places = sorted({float(one.requested["z"]) for one in rows})
    complete = [one for one in rows if one.state is TrialState.COMPLETE]
    return [[one for one in complete if one.requested["z"] == place] for place in places]


def test_pairs_make_a_covariance_with_their_differences() -> None:
    values = np.array([0.0, 0.3, -0.2])
    root = np.array([[1.0, 0.0, 0.0], [0.5, 0.2, 0.0], [0.1, 0.4, 0.3]])
    covariance = root @ root.T
    sd = np.sqrt(np.diag(covariance)[:, None] + np.diag(covariance) - 2 * covariance)
    rows = [
        row(5, 0.0, {}),
        row(6, 1.0, {"5": [values[1] - values[0], sd[1, 0]]}),
        row(7, 0.0, {}),
        row(
            8,
            2.0,
            {"5": [values[2] - values[0], sd[2, 0]], "6": [values[2] - values[1], sd[2, 1]]},
        ),
    ]
    found = expected(grouped(rows), rows)
    assert found is not None
    assert np.diff(found.mean) == pytest.approx(np.diff(values))
    for i in range(3):
        for j in range(i):
            own = found.covariance
            assert own[i, i] + own[j, j] - 2 * own[i, j] == pytest.approx(sd[i, j] ** 2)


def test_a_pair_that_nothing_is_known_of_leaves_all_unknown() -> None:
    rows = [row(0, 0.0, {}), row(1, 1.0, {"0": [0.1, 0.1]}), row(2, 2.0, {"0": [0.1, 0.1]})]
    assert expected(grouped(rows), rows) is None
    assert expected(grouped(rows[:2]), rows[:2]) is not None


def test_what_failed_tells_of_its_settings_all_the_same() -> None:
    """A leader's first trial may fail; the one that takes its place was told of others anew."""
    failed = replace(again(1, 1.0, (), state=TrialState.FAILED), sampler_attrs={EXPECTED: {}})
    told = {EXPECTED: {"1": [0.2, 0.1]}}
    rows = [
        failed,
        replace(again(2, 2.0, (1.0, 1.1)), sampler_attrs=told),
        again(3, 1.0, (1.0, 1.2)),
    ]
    found = expected(grouped(rows), rows)
    assert found is not None
    assert found.mean[1] - found.mean[0] == pytest.approx(0.2)


def test_pairs_that_do_not_go_together_are_bent_into_a_covariance() -> None:
    rows = [
        row(0, 0.0, {}),
        row(1, 1.0, {"0": [0.0, 1.0]}),
        row(2, 2.0, {"0": [0.0, 1.0], "1": [0.0, 5.0]}),
    ]
    found = expected(grouped(rows), rows)
    assert found is not None
    assert np.linalg.eigvalsh(found.covariance).min() > -1e-12
