"""What the search says of leaders' differences, as rows keep it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hil.ranking.expected import expected
from hil.ranking.finals import drawn_leaders
from hil.records.trial import EXPECTED, TrialRow, TrialState
from tests.hil.ranking.test_finals import again
from tests.hil.ranking.test_leader_noise import Sample


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


class Searched(Sample):
    """Leaders that a search knows of, to within a factor of two of how sure it is."""

    def __init__(self, rng: np.random.Generator, spread: float) -> None:
        super().__init__(rng, 0.0, of_field=0.005, of_trial=0.003)
        root = spread * rng.standard_normal((3, 3)) / np.sqrt(3)
        self.lead = spread * rng.standard_normal(3)
        self.sd = np.linalg.norm(root[:, None] - root, axis=2)
        factor = np.exp(np.log(2.0) * rng.standard_normal())
        self.truth = 1 + self.lead + factor * root @ rng.standard_normal(3)

    def measure(self, leader: int) -> None:
        super().measure(leader)
        last = self.rows[-1]
        if last.number != leader:  # its first trial has its number
            return
        told = {
            str(other): [self.lead[leader] - self.lead[other], self.sd[leader, other]]
            for other in range(leader)
        }
        self.rows[-1] = replace(last, sampler_attrs={EXPECTED: told})


def test_leaders_closer_than_trials_tell_win_as_often_as_is_said() -> None:
    """By what is true; and by looks at the truth that have noise, which draws have likewise.

    Looks that are weighed by themselves cannot tell such leaders apart, and say less than is true.
    """
    rng = np.random.default_rng(8)
    noise = 0.0015
    found = []
    for spread in np.geomspace(5e-4, 4e-3, 100):
        sample = Searched(rng, float(spread))
        said, was, _ = sample.decide()
        leaders, drawn = drawn_leaders(sample.rows)
        best = int(drawn.mean(axis=0).argmax())
        assert [leader.number for leader in leaders] == [0, 1, 2]
        looked = sample.truth + noise * rng.standard_normal(3)
        alone = looked + noise * rng.standard_normal(drawn.shape)
        seen = drawn + noise * rng.standard_normal(drawn.shape)
        shares = [np.mean(one.argmax(axis=1) == best) for one in (seen, alone)]
        found.append((said, was, shares[0], looked.argmax() == best, shares[1]))
    said, was, of_look, came, by_looks = np.mean(np.array(found, dtype=float), axis=0)
    assert abs(said - was) < 0.07
    assert abs(of_look - came) < 0.07
    assert by_looks < was - 0.07
