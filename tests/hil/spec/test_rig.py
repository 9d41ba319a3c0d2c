"""A rig's limits, singly and together, and its noise elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hil.spec.noise import CameraNoiseSpec
from hil.spec.rig import DriverSpec, Interlock, Limit, LimitsTogether, RigSpec, outside

PAIR = ("mirror.z4_nm", "mirror.z5_nm")


@pytest.mark.parametrize(
    ("limit", "value", "says"),
    [
        (Limit(low=0, high=40), 0, ""),
        (Limit(low=0, high=40), 40, ""),
        (Limit(low=0, high=40), -0.001, "below the rig's limit 0"),
        (Limit(low=0, high=40), 40.001, "above the rig's limit 40"),
        (Limit(high=40), -1e9, ""),
        (Limit(choices=("a", "b")), "b", ""),
        (Limit(choices=("a", "b")), "c", "none of ['a', 'b']"),
        (Limit(low=0), "text", ""),
    ],
)
def test_ends_belong_to_a_limit(limit: Limit, value: float | str, says: str) -> None:
    assert (says in outside(limit, value)) if says else outside(limit, value) == ""


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"settings": PAIR, "rule": "norm", "high": 1, "low": 0}, "alone"),
        ({"settings": PAIR, "rule": "sum_abs", "high": -1}, "cannot be met"),
        ({"settings": PAIR, "rule": "sum", "high": 1, "low": 2}, "above high"),
        ({"settings": (PAIR[0], PAIR[0]), "rule": "sum", "high": 1}, "named twice"),
        ({"settings": PAIR[:1], "rule": "sum", "high": 1}, "at least 2"),
    ],
)
def test_bounds_that_cannot_be_met_are_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        LimitsTogether(**keys)


def test_an_interlock_says_something() -> None:
    with pytest.raises(ValidationError, match="give low"):
        Interlock(setting="door.state")


def test_a_drivers_own_keys_are_its_options() -> None:
    driver = DriverSpec.model_validate({"kind": "sim.microscope", "seed": 3})
    assert driver.options == {"seed": 3}


def test_the_last_entry_that_holds_wins() -> None:
    rig = RigSpec.model_validate(
        {
            "name": "r",
            "camera": "c",
            "driver": [{"kind": "k"}],
            "noise": {
                "kind": "camera",
                "gain_e_per_adu": 1,
                "offset_adu": 100,
                "read_noise_e": 2,
            },
            "noise_at": [
                {"when": {"c.gain": "high"}, "gain_e_per_adu": 0.1, "read_noise_e": 1},
                {"when": {"c.binning": 2}, "read_noise_e": 4},
            ],
        }
    )
    found = [rig.noise_under(entries) for entries in ((), (0,), (0, 1))]
    assert all(isinstance(noise, CameraNoiseSpec) for noise in found)
    assert [(n.gain_e_per_adu, n.read_noise_e) for n in found] == [(1, 2), (0.1, 1), (0.1, 4)]  # type: ignore[union-attr]
