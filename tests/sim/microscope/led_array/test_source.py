"""Which LEDs are lit."""

from __future__ import annotations

from math import pi
from typing import NamedTuple

import numpy as np
import pytest

from tests.sim.microscope.led_array.sources import lit


class Pattern(NamedTuple):
    name: str
    inner_na: float
    outer_na: float
    lo: float
    hi: float
    share: float


PATTERNS = [
    Pattern("brightfield", 0.3, 0.2, 0.0, 0.2, 0.2**2 / 0.64),
    Pattern("annular", 0.1, 0.3, 0.1, 0.3, (0.3**2 - 0.1**2) / 0.64),
    Pattern("annular", 0.3, 0.1, 0.1, 0.3, (0.3**2 - 0.1**2) / 0.64),
    Pattern("half-plane", 0.1, 0.3, 0.1, 0.3, (0.3**2 - 0.1**2) / 0.64 / 2),
    Pattern("darkfield", 0.2, 0.6, 0.4, 0.6, (0.6**2 - 0.4**2) / 0.64),
    Pattern("darkfield", 0.2, 0.39, 0.4, 0.4, 0.0),
    Pattern("brightfield", 0.0, 0.8, 0.0, 0.8, 1.0),
]


@pytest.mark.parametrize("case", PATTERNS, ids=str)
def test_points_fill_the_lit_region_evenly(case: Pattern) -> None:
    source = lit(case.name, case.inner_na, case.outer_na)
    points = source.points(400).numpy()
    radius = np.hypot(*points.T)
    assert points.shape == (400, 2)
    assert case.lo - 1e-9 <= radius.min() <= radius.max() <= case.hi + 1e-9
    assert (radius**2).mean() == pytest.approx((case.lo**2 + case.hi**2) / 2, rel=1e-6)
    assert float(source.share(0.8)) == pytest.approx(case.share)
    if case.name == "half-plane":
        assert points[:, 1].min() > 0
        # the centroid of a half ring
        thirds = 4 / (3 * pi) * (case.hi**3 - case.lo**3) / (case.hi**2 - case.lo**2)
        assert points[:, 1].mean() == pytest.approx(thirds, rel=0.01)
        assert points[:, 0].mean() == pytest.approx(0, abs=0.01 * case.hi)
    else:
        np.testing.assert_allclose(points[:200], -points[200:], atol=1e-12)
