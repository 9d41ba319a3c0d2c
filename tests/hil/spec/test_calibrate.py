"""The recipe of a calibration: its levels of light, and what it may not say."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from hil.spec.calibrate import CalibratedNoiseSpec, CalibrateSpec, Dark, Vary, implied_kind


def test_shot_noise_grows_by_the_same_from_each_level_to_the_next() -> None:
    levels = Vary(setting="camera.exposure_ms", low=1, high=100, points=10).levels
    assert (levels[0], levels[-1], len(levels)) == (1, 100, 10)
    assert np.diff(np.sqrt(np.array(levels, float))) == pytest.approx(1.0, abs=1e-5)


def test_choices_are_the_levels() -> None:
    assert Vary(setting="grey.Label", choices=("1", "4", "2")).levels == ("1", "4", "2")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"low": 2, "high": 2}, "not below"),
        ({"low": 1}, "give low and high"),
        ({"choices": (1, 2, 2)}, "named twice"),
        ({"choices": ("a", "b", "c"), "proportional": True}, "is text"),
        ({"choices": (1, 2, 3), "points": 4}, "choices go without"),
        ({"choices": (1, 2)}, "at least 3"),
    ],
)
def test_levels_that_show_nothing_are_refused(keys: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Vary(setting="light.power_mw", **keys)


def test_what_is_varied_is_not_held() -> None:
    vary = Vary(setting="light.power_mw", low=0, high=1)
    dark = Dark(set={"light.power_mw": 0})
    with pytest.raises(ValidationError, match="is varied"):
        CalibrateSpec(dark=dark, vary=vary, set={"light.power_mw": 1})
    with pytest.raises(ValidationError, match="is varied"):
        CalibrateSpec(dark=dark, vary=vary, tied_to=("light.power_mw",))
    with pytest.raises(ValidationError, match="tied_to and in not_tied_to"):
        CalibrateSpec(dark=dark, vary=vary, tied_to=("a.b",), not_tied_to=("a.b",))


def test_a_calibration_stands_for_a_kind() -> None:
    assert implied_kind({"calibration": "latest"})["kind"] == "calibrated"
    assert implied_kind({"kind": "poisson"}) == {"kind": "poisson"}
    with pytest.raises(ValueError, match="either kind"):
        implied_kind({"kind": "camera", "calibration": "latest"})


@pytest.mark.parametrize("ref", ["abc", "newest", "g" * 8, "a" * 33])
def test_what_is_no_calibration_is_refused(ref: str) -> None:
    with pytest.raises(ValidationError, match="is no calibration"):
        CalibratedNoiseSpec(calibration=ref)
