"""The values of one searched setting."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hil.spec.axis import SearchAxis, grid_values


@pytest.mark.parametrize(
    ("axis", "points", "values"),
    [
        (SearchAxis(setting="Z.um", low=-1, high=1), 3, [-1, 0, 1]),
        (SearchAxis(setting="Z.um", low=-1, high=1), 1, [-1]),
        (SearchAxis(setting="Z.um", low=2, high=2), 5, [2]),
        (SearchAxis(setting="Z.um", low=0, high=1, step=0.25), 2, [0, 0.25, 0.5, 0.75, 1]),
        (SearchAxis(setting="Z.um", low=0, high=0.3, step=0.1), 2, [0, 0.1, 0.2, 0.3]),
        (SearchAxis(setting="Z.um", low=1, high=100, log=True), 3, [1, 10, 100]),
        (SearchAxis(setting="W.Label", choices=("a", "b")), 9, ["a", "b"]),
    ],
)
def test_a_grid_has_both_ends_and_even_steps(
    axis: SearchAxis, points: int, values: list[float | str]
) -> None:
    assert grid_values(axis, points) == pytest.approx(values)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"low": 1}, "give low and high"),
        ({"low": 2, "high": 1}, "above high"),
        ({"low": 0, "high": 1, "log": True}, "allowed: above 0"),
        ({"low": 1, "high": 2, "log": True, "step": 1}, "log goes without step"),
        ({"choices": ("a", "a")}, "named twice"),
        ({"choices": ("a",), "low": 1}, "choices go without"),
        ({"low": 0, "high": 1, "step": 0}, "greater than 0"),
    ],
)
def test_forms_that_contradict_themselves_are_refused(keys: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        SearchAxis(setting="Z.um", **keys)
