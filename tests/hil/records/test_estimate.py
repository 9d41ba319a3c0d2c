"""Which interval an assessment has."""

from __future__ import annotations

import math

from hil.records.estimate import Assessment, Estimate

ESTIMATE = Estimate(1.0, 0.8, 1.2, 3.0, 2.0, "stationary", 96, 3, 0.01)


def test_bits_per_pixel_have_the_estimates_interval() -> None:
    assert Assessment(ESTIMATE, {"bits_per_pixel": 1.0}, {}).interval == (0.8, 1.2)


def test_another_objective_has_its_own_or_none() -> None:
    assert Assessment(ESTIMATE, {"bits_per_frame": 9.0}, {}, (8.0, 10.0)).interval == (8.0, 10.0)
    assert all(math.isnan(end) for end in Assessment(ESTIMATE, {"bits_per_mj": 9.0}, {}).interval)
    assert all(math.isnan(end) for end in Assessment(ESTIMATE, {}, {}).interval)
