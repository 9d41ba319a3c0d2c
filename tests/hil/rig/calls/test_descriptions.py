"""A device's description of its settings, before anything rests on it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from drivers.errors import DeviceFault
from drivers.protocol import Setting
from hil.rig.calls.descriptions import description_problem
from hil.rig.calls.foreign_errors import with_our_errors

POWER = Setting("lamp.power_mw", "float", "mw", 0.0, 5.0, role="light", park=0.0)
STATE = Setting("lamp.state", "choice", choices=("off", "on"), park="off")
STEPS = Setting("lamp.steps", "int", low=0, high=9)

WRONG: dict[str, tuple[Setting, dict[str, Any], str]] = {
    "another label": (POWER, {"name": "laser.power_mw"}, "allowed: lamp.PROPERTY"),
    "no name": (POWER, {"name": "lamp."}, "allowed: lamp.PROPERTY"),
    "kind": (POWER, {"kind": "double"}, "kind is 'double', allowed: float, int, choice"),
    "role": (POWER, {"role": "laser"}, "role is 'laser', allowed: position, "),
    "low is no number": (POWER, {"low": "0"}, "low is '0', allowed: a number"),
    "high is NaN": (POWER, {"high": math.nan}, "high is nan, allowed: a number"),
    "the wrong way round": (POWER, {"low": 6.0}, "low is 6, allowed: up to high, 5"),
    "tolerance": (POWER, {"tolerance": -1.0}, "tolerance is -1.0, allowed: a number from 0"),
    "backlash": (POWER, {"backlash": math.inf}, "backlash is inf, allowed: a number from 0"),
    "park beyond": (POWER, {"park": 6.0}, "park is 6.0, allowed: a number from 0 to 5 mw"),
    "park is NaN": (POWER, {"park": math.nan}, "park is nan, allowed: a number from 0 to 5 mw"),
    "park is text": (POWER, {"park": "off"}, "park is 'off', allowed: a number from 0 to 5 mw"),
    "park between": (STEPS, {"park": 0.5}, "park is 0.5, allowed: an integer from 0 to 9"),
    "park is no choice": (STATE, {"park": 0}, "park is 0, allowed: one of 'off', 'on'"),
    "no choices": (STATE, {"choices": (), "park": None}, "it has no choices"),
    "choices twice": (STATE, {"choices": ("off", "off")}, "two of its choices are the same"),
}


@pytest.mark.parametrize(("setting", "changed", "words"), WRONG.values(), ids=WRONG)
def test_what_is_no_description_is_refused(
    setting: Setting, changed: dict[str, Any], words: str
) -> None:
    assert words in description_problem("lamp", [replace(setting, **changed)])


def test_a_setting_is_described_once() -> None:
    assert description_problem("lamp", [POWER, STATE, POWER]) == "lamp.power_mw is described twice"


def test_what_drivers_describe_is_taken() -> None:
    counted: Any = {"low": np.float32(0), "high": np.int64(5), "park": np.int64(1)}
    by_numpy = replace(POWER, name="lamp.a", **counted)
    open_ended = replace(POWER, name="lamp.b", low=None, high=math.inf)
    reported = replace(POWER, name="lamp.c", read_only=True, park=None)
    assert not description_problem("lamp", [POWER, STATE, STEPS, by_numpy, open_ended, reported])


def test_the_rig_is_told_which_device_it_is() -> None:
    class Lamp:
        label = "lamp"

        def describe(self) -> tuple[Setting, ...]:
            return (replace(POWER, park=math.nan),)

    with pytest.raises(DeviceFault, match=r"lamp: describe: lamp.power_mw: park is nan"):
        with_our_errors(Lamp()).describe()  # type: ignore[arg-type]
