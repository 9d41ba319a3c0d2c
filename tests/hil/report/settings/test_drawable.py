"""What an axis cannot hold is not there."""

from __future__ import annotations

import math

import numpy as np

from hil.report.settings.drawable import drawable


def test_ordinary_numbers_stay_as_they_are() -> None:
    ordinary = np.array([[-1.5, 0.0], [5e-324, 1e300]])
    np.testing.assert_array_equal(drawable(ordinary), ordinary)
    np.testing.assert_array_equal(drawable([1, 2]), [1.0, 2.0])


def test_what_no_axis_can_hold_is_not_there() -> None:
    assert np.isnan(drawable([math.nan, math.inf, -math.inf, 1.7e308, -1.1e300])).all()
    assert np.isnan(drawable(math.inf))
