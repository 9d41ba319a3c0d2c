"""Kinds behind a driver by name, and what is said of those that are none."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest
from pydantic import BaseModel

from drivers.errors import ConfigError
from drivers.registered import checked_options, find_registered, named_kind


class Options(BaseModel, extra="forbid"):
    serial: int


BUILT_IN = {"own": "drivers.registered:find_registered", "other": "drivers.registered:named_kind"}
FUNCTION = type(find_registered)


def find(name: str, wanted: type[Any] = FUNCTION) -> Any:
    return find_registered(name, wanted, BUILT_IN, "hil.tests_of_kinds", "array")


def test_ours_is_found_by_name() -> None:
    assert find("own") is find_registered


def test_others_are_found_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("theirs", "drivers.registered:checked_options", "hil.tests_of_kinds"),
        EntryPoint("broken", "no.such.module:kind", "hil.tests_of_kinds"),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)
    assert find("theirs") is checked_options
    with pytest.raises(ConfigError, match="'broken' cannot be imported: No module named 'no'"):
        find("broken")


@pytest.mark.parametrize(
    ("name", "said"),
    [("onw", "no array 'onw', did you mean 'own'?"), ("zzz", "no array 'zzz', known: other, own")],
)
def test_what_there_is_not_is_said_with_the_nearest(name: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        find(name)
    assert said in str(error.value)
    assert "array.kind" in str(error.value)


def test_what_is_of_another_type_is_none() -> None:
    with pytest.raises(ConfigError, match="'own' is no Options"):
        find("own", Options)


def test_a_table_names_its_kind_and_the_key_at_fault() -> None:
    assert named_kind({"kind": "own", "serial": 1}, "array", "own") == ("own", {"serial": 1})
    with pytest.raises(ConfigError, match="kind = "):
        named_kind({"serial": 1}, "array", "own")
    assert checked_options(Options, {"serial": 3}, "array") == Options(serial=3)
    with pytest.raises(ConfigError, match=r"array\.serial"):
        checked_options(Options, {"serial": "x"}, "array")
