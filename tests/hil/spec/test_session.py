"""What of a session hangs together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hil.spec.session import SessionSpec

AXIS = {"setting": "mirror.z5_nm", "low": -1, "high": 1}


def session(**keys: Any) -> SessionSpec:
    return SessionSpec.model_validate(
        {"name": "s", "rig": "rig.toml", "trials": 10, "search": [AXIS], **keys}
    )


@pytest.mark.parametrize(
    ("keys", "again"),
    [
        ({}, 0),
        ({"trials": 50}, 3),
        ({"trials": 50, "sampler": {"kind": "grid"}}, 0),
        ({"trials": 50, "sampler": {"kind": "qmc"}}, 0),
        ({"trials": 50, "objective": {"maximize": ["bits_per_pixel", "bits_per_frame"]}}, 0),
        ({"finish": {"remeasure": 9}}, 9),
    ],
)
def test_leaders_are_measured_again_in_long_searches(keys: dict[str, Any], again: int) -> None:
    assert session(**keys).remeasured == again


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"search": [AXIS, AXIS]}, "named twice"),
        ({"measure": {"fields": [{"mirror.z5_nm": 0}]}}, "places the fields"),
        ({"reference": {"every": 5, "settings": {"a.b": 1}}}, "not searched"),
        ({"sampler": {"kind": "grid", "points": {"a.b": 2}}}, "not searched"),
        ({"finish": {"remeasure": 10}}, "allowed: fewer"),
        ({"objective": {"minus_blank": True}}, "blank fields"),
        ({"objective": {"maximize": "bits_per_photon"}}, "no light at all"),
        ({"estimator": {"subtract_pattern": True}}, "needed: 8"),
        (
            {
                "sampler": {"kind": "cmaes"},
                "objective": {"maximize": ["bits_per_pixel", "bits_per_frame"]},
            },
            "one objective",
        ),
        (
            {"sampler": {"kind": "cmaes"}, "search": [{"setting": "w.l", "choices": ["a"]}]},
            "needs an axis with a range",
        ),
        ({"measure": {"blank": {"set": {"mirror.z5_nm": 0}}}}, "also searched"),
    ],
)
def test_what_does_not_go_together_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        session(**keys)
