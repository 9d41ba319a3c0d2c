"""What a setting's description allows."""

from __future__ import annotations

import math

import pytest

from drivers.errors import ValueRefused
from drivers.protocol import Setting
from drivers.values import allows, check_allowed

INT = Setting("wheel.turns", "int", low=0, high=10)
FLOAT = Setting("stage.x_um", "float", "um", low=-1.0)
CHOICE = Setting("wheel.filter", "choice", choices=("red", 2))

CASES = [
    (INT, 3, True),
    (INT, 3.0, False),
    (INT, True, False),
    (INT, 11, False),
    (INT, "3", False),
    (FLOAT, 1e300, True),
    (FLOAT, -1.5, False),
    (FLOAT, math.nan, False),
    (FLOAT, math.inf, False),
    (FLOAT, None, False),
    (CHOICE, "red", True),
    (CHOICE, 2, True),
    (CHOICE, 2.0, False),
    (Setting("gauge.p", "float", read_only=True), 1.0, False),
]


@pytest.mark.parametrize(("setting", "value", "taken"), CASES)
def test_values_have_the_type_and_range_of_their_setting(
    setting: Setting, value: object, taken: bool
) -> None:
    assert allows(setting, value) is taken
    if not taken:
        with pytest.raises(ValueRefused, match=setting.name):
            check_allowed(setting, value)
