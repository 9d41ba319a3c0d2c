"""Tables of a file: frozen, strict, finite."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from hil.spec.base import SettingName, SettingValue, Spec


class Table(Spec):
    name: SettingName = "Z.um"
    value: SettingValue = 1
    number: float = 0


@pytest.mark.parametrize("name", ["Z", ".um", "Z.", " .um", "Z. ", ""])
def test_a_setting_is_label_dot_property(name: str) -> None:
    with pytest.raises(ValidationError, match=r"LABEL\.PROPERTY"):
        Table(name=name)


def test_a_label_may_have_dots_of_its_own() -> None:
    assert Table(name="White Light Shutter.1.State").name == "White Light Shutter.1.State"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_are_finite(number: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Table(number=number)


def test_a_value_keeps_its_type() -> None:
    assert [type(Table(value=value).value) for value in (1, 1.0, "1")] == [int, float, str]
    with pytest.raises(ValidationError):
        Table(value=True)


def test_unknown_keys_and_later_changes_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra"):
        Table(nane="Z.um")  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="frozen"):
        Table().number = 2
