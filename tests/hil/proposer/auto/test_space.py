"""Settings to the unit cube and back."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from hil.proposer.auto.space import UnitSpace

SPACE = UnitSpace(
    {
        "z_um": FloatDistribution(-5, 5),
        "exposure_ms": FloatDistribution(1, 100, log=True),
        "offset": FloatDistribution(0, 0.9, step=0.3),
        "binning": IntDistribution(1, 4),
        "band": CategoricalDistribution(("red", "green", "blue")),
        "held": FloatDistribution(2, 2),
    }
)
SETTINGS = {
    "z_um": 1.25,
    "exposure_ms": 10.0,
    "offset": 0.6,
    "binning": 3,
    "band": "blue",
    "held": 2.0,
}


def test_settings_come_back() -> None:
    found = SPACE.decode(SPACE.encode(SETTINGS))
    assert found == pytest.approx(SETTINGS)
    assert isinstance(found["binning"], int)


def test_a_logarithmic_axis_is_halved_in_its_logarithm() -> None:
    assert SPACE.encode(SETTINGS)[1] == pytest.approx(0.5)


def test_every_point_becomes_settings_that_are_allowed() -> None:
    rng = np.random.default_rng(1)
    for point in rng.uniform(-0.2, 1.2, size=(200, SPACE.n_columns)):
        found = SPACE.decode(point)
        assert -5 <= found["z_um"] <= 5
        assert 1 <= found["exposure_ms"] <= 100
        assert min(abs(found["offset"] - v) for v in (0, 0.3, 0.6, 0.9)) < 1e-9
        assert found["binning"] in (1, 2, 3, 4)
        assert found["band"] in ("red", "green", "blue")
        assert found["held"] == 2


def test_snapped_points_stay_where_they_are() -> None:
    points = SPACE.from_axes(np.random.default_rng(2).random((50, SPACE.n_axes)))
    assert np.allclose(SPACE.snap(points), points)
    assert set(points[:, SPACE.choices[0]].sum(axis=1)) == {1.0}


def test_many_points_are_snapped_to_the_last_digit_as_each_of_them_is() -> None:
    """A proposal is a function of what was measured: how it is worked out may not move it."""
    points = np.random.default_rng(3).uniform(-0.2, 1.2, size=(200, SPACE.n_columns))
    alone = [SPACE.encode(SPACE.decode(point)) for point in points]
    assert np.array_equal(SPACE.snap(points), np.array(alone))
    assert SPACE.snap(points[:0]).shape == (0, SPACE.n_columns)


def test_only_free_floats_are_continuous() -> None:
    assert SPACE.continuous == [0, 1]


def test_settings_of_one_range_are_of_one_kind_from_three_on() -> None:
    modes = {f"z{i}_nm": FloatDistribution(-100, 100) for i in range(3)}
    band = CategoricalDistribution(("red", "green", "blue"))
    space = UnitSpace({"band": band, **modes, "z_um": FloatDistribution(-5, 5)})
    assert space.alike.tolist() == [False] * 3 + [True] * 3 + [False]
    assert not SPACE.alike.any()
