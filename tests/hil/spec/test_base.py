"""Tables of a file: frozen, strict, finite."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
from pydantic import ValidationError

import hil.spec  # noqa: F401  (brings all tables)
from hil.spec.base import IN_WORDS, Number, SettingName, SettingValue, Spec, Whole


class Table(Spec):
    name: SettingName = "Z.um"
    value: SettingValue = 1
    number: Number = 0
    count: Whole = 1
    pairs: tuple[tuple[Number, Number], ...] = ()


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


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        ({"number": "12"}, "'12'"),
        ({"number": True}, "true"),
        ({"count": "12"}, "'12'"),
        ({"count": False}, "false"),
        ({"pairs": [[0, 1], ["2", 3]]}, "'2'"),
    ],
)
def test_what_is_no_number_is_not_read_as_one(table: dict[str, Any], shown: str) -> None:
    with pytest.raises(ValidationError, match=f"{shown} is wrong, allowed: a number"):
        Table.model_validate(table)


def test_words_of_a_command_line_are_read_as_numbers() -> None:
    read = Table.model_validate({"number": "1e3", "count": "4"}, context=IN_WORDS)
    assert (read.number, read.count) == (1000, 4)


def _tables(root: type[Spec] = Spec) -> Iterator[type[Spec]]:
    for table in root.__subclasses__():
        if table.__module__.startswith("hil."):
            yield table
        yield from _tables(table)


def _bare(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        inner, *said = get_args(kind)
        checked = any(type(one).__name__ in ("BeforeValidator", "Strict") for one in said)
        return not checked and _bare(inner)
    return kind in (int, float) or any(_bare(part) for part in get_args(kind))


def test_every_number_of_both_files_is_checked() -> None:
    hints = [
        (table.__name__, key, kind)
        for table in _tables()
        for key, kind in get_type_hints(table, include_extras=True).items()
        if key in table.model_fields
    ]
    assert len(hints) > 150
    assert [(table, key) for table, key, kind in hints if _bare(kind)] == []


def test_a_value_keeps_its_type() -> None:
    assert [type(Table(value=value).value) for value in (1, 1.0, "1")] == [int, float, str]
    with pytest.raises(ValidationError):
        Table(value=True)


def test_unknown_keys_and_later_changes_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra"):
        Table(nane="Z.um")  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="frozen"):
        Table().number = 2  # type: ignore[misc]
