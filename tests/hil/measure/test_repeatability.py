"""Scatter, drift and fields needed, against answers that are known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from hil.measure.advice import advise
from hil.measure.repeatability import fields_needed, power
from tests.hil.measure.judged import judged


class Needed(NamedTuple):
    name: str
    difference: float
    sd: float
    confidence: float
    fields: int | None


# Paired t test, two-sided, power 80 %: the tables of Cohen (1988) and of G*Power.
NEEDED = [
    Needed("a large effect", 0.8, 1.0, 0.95, 15),
    Needed("one standard deviation", 1.0, 1.0, 0.95, 10),
    Needed("a medium effect", 0.5, 1.0, 0.95, 34),
    Needed("a small effect", 0.2, 1.0, 0.95, 199),
    Needed("only the ratio counts", 0.002, 0.01, 0.95, 199),
    Needed("more certain", 0.5, 1.0, 0.99, 51),
    Needed("without scatter", 0.1, 0.0, 0.95, 2),
    Needed("hopeless", 0.0001, 1.0, 0.95, None),
]


@pytest.mark.parametrize("case", NEEDED, ids=lambda case: case.name)
def test_fields_needed_are_those_of_the_paired_t_test(case: Needed) -> None:
    assert fields_needed(case.difference, case.sd, case.confidence) == case.fields


def test_the_power_is_what_simulated_trials_have() -> None:
    rng = np.random.default_rng(5)
    draws = rng.normal(0.3, 1.0, (20_000, 30))
    t = draws.mean(axis=1) / (draws.std(axis=1, ddof=1) / np.sqrt(30))
    seen = float((t > 2.0452).mean())
    assert power(30, 0.3, 1.0, 0.95) == pytest.approx(seen, abs=0.012)


def test_the_scene_cancels_in_pairs_and_the_noise_does_not() -> None:
    rng = np.random.default_rng(2)
    scene = rng.normal(1.0, 0.3, 40)
    found = judged(scene + rng.normal(0, 0.01, (200, 40)))
    assert found.paired_sd_bits == pytest.approx(0.01 * np.sqrt(2), rel=0.03)
    assert found.repeat_sd_bits == pytest.approx(0.01 / np.sqrt(40), rel=0.15)


def test_noise_alone_is_rarely_taken_for_drift() -> None:
    rng = np.random.default_rng(8)
    drifts = [judged(1 + rng.normal(0, 0.01, (10, 4))).drifts for _ in range(200)]
    assert np.mean(drifts) <= 0.03


def test_a_drift_is_seen_with_its_size() -> None:
    rng = np.random.default_rng(3)
    fading = np.linspace(0, -0.05, 10)[:, None]
    found = judged(1 + fading + rng.normal(0, 0.004, (10, 8)))
    assert found.drifts
    assert found.drift_bits == pytest.approx(-0.05, abs=0.006)
    assert any("drifts: -0.0" in words for words in advise(found, 0.5, 8))


def test_more_scatter_than_the_interval_says_is_seen() -> None:
    rng = np.random.default_rng(4)
    found = judged(1 + rng.normal(0, 0.1, (10, 1)) + np.zeros((10, 8)), half=0.01)
    assert found.scatters
    assert any("scatter" in words for words in advise(found, 0.5, 8))
