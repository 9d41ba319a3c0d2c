"""Search axes as distributions, and back from the text that a row keeps."""

from __future__ import annotations

import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from hil.proposer.distributions import distribution, from_json, inside, to_json
from hil.spec import SearchAxis

CASES = [
    (SearchAxis(setting="a.x", choices=("red", "blue")), False, CategoricalDistribution(("red", "blue"))),
    (SearchAxis(setting="a.x", low=-4, high=4, step=0.5), False, FloatDistribution(-4, 4, step=0.5)),
    (SearchAxis(setting="a.x", low=1, high=4), True, IntDistribution(1, 4)),
    (SearchAxis(setting="a.x", low=1, high=1000, log=True), True, IntDistribution(1, 1000, log=True)),
]  # fmt: skip


@pytest.mark.parametrize(("axis", "integer", "expected"), CASES)
def test_an_axis_is_a_distribution(
    axis: SearchAxis, integer: bool, expected: BaseDistribution
) -> None:
    found = distribution(axis, integer=integer)
    assert found == expected
    assert from_json(to_json({"a.x": found})) == {"a.x": expected}


@pytest.mark.parametrize(
    ("values", "is_inside"),
    [
        ({"z": 1.0, "c": "red"}, True),
        ({"z": 3.0, "c": "red"}, False),
        ({"z": 1.0, "c": "green"}, False),
        ({"z": 1.0}, False),
    ],
)
def test_values_outside_or_missing_are_not_learned_from(
    values: dict[str, float | str], is_inside: bool
) -> None:
    space = {"z": FloatDistribution(0, 2), "c": CategoricalDistribution(("red", "blue"))}
    assert inside(space, ["z", "c"], values) is is_inside
