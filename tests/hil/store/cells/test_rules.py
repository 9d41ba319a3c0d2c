"""What a cell may hold: whatever hil has written passes, and what is told of the rest is a clause."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from hil.store.cells.rules import rule_of, shown
from hil.store.models import Base


class Cell(NamedTuple):
    column: str
    text: str
    problem: str


GOOD = [
    ("trial.settings", '{"z": null, "filter": "red", "on": true, "x": 1}'),
    ("trial.objectives", '{"bits_per_pixel": null}'),
    ("trial.intermediate", '{"0": 1.5, "-1": null}'),
    ("trial.device_s", "1e-300"),
    ("trial.proposed_at", "2026-01-02 03:04:05.678901"),
    ("trial.proposed_at", "2026-01-02 03:04:05.1+00"),
    ("session.seed", "-9223372036854775808"),
    ("estimate.ci_high", "1.79769313486232e+308"),  # what stands for infinity, told by SQLite
    ("session.extra", '{"kind": "study", "domain": "x"}'),
    ("estimate.per_field_bits", "[null, 1]"),
]
BAD = [
    Cell("trial.settings", "null", "null where an object belongs"),
    Cell("trial.settings", '{"z": [1]}', "a list where a number belongs"),
    Cell("trial.settings", "[" * 3000, "is no JSON"),
    Cell("trial.intermediate", '{"a": 1}', "'a' is no step"),
    Cell("trial.objectives", '{"a": 1e400}', "not finite"),
    Cell("trial.distributions", '{"a": "[]"}', "a list where an object belongs"),
    Cell("trial.distributions", '{"a": 1}', "the number 1 where text belongs"),
    Cell("trial.proposed_at", "2026-13-01 00:00:00", "is no time"),
    Cell("trial.proposed_at", "x", "is no time"),
    Cell("trial.state", "DONE", "'DONE' is none of"),
    Cell("trial.kind", "x", "is none of search"),
    Cell("trial.device_s", "inf", "not finite"),
    Cell("trial.device_s", "1.8e308", "not finite"),
    Cell("trial.device_s", "x", "no number"),
    Cell("trial.number", "1.5", "no whole number"),
    Cell("trial.number", "9" * 40, "too large"),
    Cell("session.objectives", "[]", "it is empty"),
    Cell("session.extra", '{"layout": 1}', "layout: the number 1 where an object belongs"),
    Cell("acquisition.shape", "[-1, 2]", "the number -1 where a whole number belongs"),
    Cell("acquisition.fields", "[true]", "true where a whole number belongs"),
    Cell("estimate.flags", "[null]", "null where text belongs"),
    Cell("estimate.details", '{"dose_mj": "x"}', "dose_mj: text where a number belongs"),
]


def rule(name: str) -> Any:
    table, column = name.split(".")
    return rule_of(Base.metadata.tables[table].columns[column])


@pytest.mark.parametrize(("column", "text"), GOOD)
def test_what_hil_writes_passes(column: str, text: str) -> None:
    assert rule(column)(text) == ""


@pytest.mark.parametrize("cell", BAD, ids=lambda cell: f"{cell.column} {cell.text[:12]}")
def test_what_it_never_writes_is_told(cell: Cell) -> None:
    assert cell.problem in rule(cell.column)(cell.text)


def test_every_column_has_a_rule_that_no_text_breaks() -> None:
    values = ["", "null", "[]", "{}", "[[]]", "x" * 5000, json.dumps({"a": {"b": []}}), "1e400"]
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            for value in values:
                problem = rule_of(column)(value)
                assert "\n" not in problem
                assert len(problem) < 200, (table.name, column.name)


def test_a_long_value_is_shown_by_its_beginning() -> None:
    assert shown("a\nb") == r"'a\nb'"
    assert shown("x" * 100) == "'" + "x" * 36 + "..."
