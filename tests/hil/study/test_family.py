from __future__ import annotations

import pytest

from hil.study.family import Span, family


def test_a_family_covers_its_ranges_and_grows_at_its_end() -> None:
    axes = {"a.x_um": Span(-1, 3), "a.y_um": Span(1, 100, log=True), "a.n": (1, 2, 4)}
    few, many = family(axes, 8), family(axes, 30)
    assert many[:8] == few
    assert {one["a.n"] for one in many} == {1, 2, 4}
    assert all(-1 <= one["a.x_um"] <= 3 and 1 <= one["a.y_um"] <= 100 for one in many)
    assert sum(one["a.y_um"] < 10 for one in many) == pytest.approx(15, abs=2)
