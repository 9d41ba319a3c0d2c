from __future__ import annotations

import math
from typing import Any, NamedTuple

import pytest

from drivers.errors import ValueRefused
from drivers.micromanager.values import (
    as_choices,
    checked,
    from_text,
    matches,
    readable,
    sayable,
    to_text,
)
from drivers.protocol import Setting
from drivers.types import Value

POWER = Setting("laser.power_mw", "float", unit="mW", low=0, high=50, tolerance=0.1)
GAIN = Setting("cam.Gain", "int", low=-5, high=8)
BINNING = Setting("cam.Binning", "choice", choices=(1, 2, 4))
FILTER = Setting("wheel.Label", "choice", choices=("DAPI", "FITC"))
SERIAL = Setting("cam.Serial", "int", read_only=True)


class Taken(NamedTuple):
    setting: Setting
    given: Any
    sent: Value
    text: str


@pytest.mark.parametrize(
    "case",
    [
        Taken(POWER, 12, 12.0, "12.0"),
        Taken(POWER, 0.00001, 0.00001, "1e-05"),
        Taken(POWER, 50, 50.0, "50.0"),
        Taken(GAIN, 3.0, 3, "3"),
        Taken(GAIN, -5, -5, "-5"),
        Taken(BINNING, 2.0, 2, "2"),
        Taken(FILTER, "FITC", "FITC", "FITC"),
    ],
    ids=str,
)
def test_allowed_values_take_the_settings_type(case: Taken) -> None:
    value = checked(case.setting, case.given)
    assert value == case.sent and type(value) is type(case.sent)
    assert to_text(value) == case.text
    assert from_text(case.setting, case.text) == value


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (POWER, math.nan),
        (POWER, math.inf),
        (POWER, -0.1),
        (POWER, 50.001),
        (POWER, "12"),
        (POWER, None),
        (POWER, True),
        (GAIN, 2.7),
        (GAIN, "abc"),
        (GAIN, 9),
        (BINNING, 3),
        (BINNING, "2"),
        (BINNING, True),
        (FILTER, "fitc"),
        (FILTER, 0),
        (SERIAL, 1),
    ],
    ids=str,
)
def test_what_the_core_would_bend_is_refused(setting: Setting, value: Any) -> None:
    with pytest.raises(ValueRefused) as caught:
        checked(setting, value)
    assert caught.value.allowed == setting.allowed()


@pytest.mark.parametrize(
    ("wanted", "seen", "same"),
    [
        (10.0, 10.1, True),
        (10.0, 10.11, False),
        (0.0, -0.1, True),
        ("a", "a", True),
        (1, "1", False),
    ],
)
def test_read_back_within_tolerance(wanted: Value, seen: Value, same: bool) -> None:
    assert matches(POWER, wanted, seen) is same


@pytest.mark.parametrize(
    ("texts", "integers", "choices"),
    [
        (("1", "16", "8"), True, (1, 8, 16)),
        (("1x1", "2x2"), True, ("1x1", "2x2")),
        (("1", "2"), False, ("1", "2")),
        (("-1", "0"), True, (-1, 0)),
    ],
)
def test_choices_are_all_of_one_type(
    texts: tuple[str, ...], integers: bool, choices: tuple[Value, ...]
) -> None:
    assert as_choices(texts, integers) == choices


def test_a_choice_that_was_not_described_reads_as_it_is() -> None:
    assert from_text(BINNING, "32") == "32"


@pytest.mark.parametrize(
    ("text", "good", "shown"),
    [("Step [um]", True, "Step [um]"), ("µ", True, "µ"), ("1 \udcb5m", False, "1 µm")],
)
def test_text_of_a_code_page_is_shown_and_not_handed_back(
    text: str, good: bool, shown: str
) -> None:
    assert sayable(text) == good
    assert readable(text) == shown
    assert sayable(shown)
