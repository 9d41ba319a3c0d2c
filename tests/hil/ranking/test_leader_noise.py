"""What leaders' means are uncertain by: fields at some settings, single trials, and the rest."""

from __future__ import annotations

import numpy as np
import pytest

from hil.ranking.finals import standing, winner_of
from hil.ranking.leader_noise import LeaderNoise, leader_noise
from hil.records.trial import TrialRow
from tests.hil.ranking.test_finals import N_FIELDS, again

SD = 0.01  # of a field's value


class Sample:
    """Three leaders on the same fields of view, which may each like one of them more."""

    def __init__(self, rng: np.random.Generator, spread: float, of_field: float, of_trial: float):
        self.rng, self.of_trial = rng, of_trial
        self.truth = 1 + spread * rng.standard_normal(3)
        self.fields = 0.1 * rng.standard_normal(N_FIELDS)
        self.own = of_field * rng.standard_normal((3, N_FIELDS))
        self.rows: list[TrialRow] = []

    def measure(self, leader: int) -> None:
        common = self.of_trial * self.rng.standard_normal()
        noise = SD * self.rng.standard_normal(N_FIELDS)
        bits = self.truth[leader] + self.fields + self.own[leader] + common + noise
        self.rows.append(again(len(self.rows), leader, bits))

    def decide(self, most: int = 6) -> tuple[float, bool, bool]:
        """Measure as a session does; say the probability, whether it was, and the interval."""
        for leader in range(3):
            self.measure(leader)
        while len(self.rows) < most:
            found = standing(self.rows)
            assert found is not None
            if found.over(0.95):
                break
            self.measure(found.next.number)
        won = winner_of(self.rows, 0.95)
        assert won is not None
        truth = self.truth[won.number]
        return won.probability, bool(truth >= self.truth.max()), won.ci_low <= truth <= won.ci_high


@pytest.mark.parametrize(("of_field", "of_trial"), [(0.0, 0.0), (0.0, 0.004), (0.01, 0.004)])
def test_stated_probabilities_come_true(of_field: float, of_trial: float) -> None:
    """Over sessions whose leaders differ by little or by much, as sessions' leaders do."""
    rng = np.random.default_rng(7)
    found = np.array(
        [
            Sample(
                rng, float(np.exp(rng.uniform(*np.log([5e-4, 0.012])))), of_field, of_trial
            ).decide()
            for _ in range(100)
        ]
    )
    said, was, holds = found.mean(axis=0)
    assert abs(said - was) < 0.1
    assert 0.9 <= holds <= 0.98


def test_what_single_trials_may_have_of_their_own_counts_before_anything_is_repeated() -> None:
    """Else a lucky minute of light ends the finals with a confidence that nobody saw."""
    sample = Sample(np.random.default_rng(2), 0.0, 0.0, 0.0)
    sample.truth = np.array([1.025, 1.0, 1.0])
    for leader in range(3):
        sample.measure(leader)
    once = standing(sample.rows)
    assert once is not None
    assert once.sure < once.probability[0]
    confidence = (once.sure + float(once.probability[0])) / 2
    assert once.over(confidence) == ""
    for leader in (0, 1, 2, 0, 1, 2):
        sample.measure(leader)
    repeated = standing(sample.rows)
    assert repeated is not None
    assert repeated.sure == repeated.probability[0] > once.sure


def test_what_single_trials_have_of_their_own_is_learnt_from_repeats() -> None:
    def doubt(of_trial: float) -> float:
        sample = Sample(np.random.default_rng(3), 0.0, 0.0, of_trial)
        for i in range(12):
            sample.measure(i % 3)
        return typical(leader_noise(grouped(sample.rows)))

    quiet, loud = doubt(0.0), doubt(0.012)
    assert SD**2 / N_FIELDS / 4 < quiet < 3 * SD**2 / N_FIELDS / 4
    assert loud == pytest.approx((0.012**2 + SD**2 / N_FIELDS) / 4, rel=0.6)


def test_what_fields_have_at_some_settings_does_not_go_away_by_repeats() -> None:
    sample = Sample(np.random.default_rng(4), 0.0, 0.03, 0.0)
    for i in range(24):
        sample.measure(i % 3)
    assert typical(leader_noise(grouped(sample.rows))) == pytest.approx(0.03**2 / N_FIELDS, rel=0.5)


def test_as_good_as_each_other_is_said_after_repeats_alone() -> None:
    sample = Sample(np.random.default_rng(5), 0.0, 0.0, 0.0)
    for leader in range(3):
        sample.measure(leader)
    found = standing(sample.rows)
    assert found is not None
    assert found.loss < 1e-3, "what single trials have of their own is not seen yet"
    assert found.over(0.95) == ""


def grouped(rows: list[TrialRow]) -> list[list[TrialRow]]:
    return [[row for row in rows if row.requested["z"] == leader] for leader in range(3)]


def typical(noise: LeaderNoise) -> float:
    weight = np.exp(noise.log_weight)
    return float(weight @ noise.variance.mean(axis=1) / weight.sum())
