"""How one setting moves: on its choices, by whole numbers, in steps, from its side."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.types import Value
from hil.rig.moves.tracks import Track


def track(**keys: Any) -> Track:
    return Track("s.x", **({"approach": "rising", "backlash": 2.5} | keys))


@pytest.mark.parametrize(
    ("keys", "here", "target", "first"),
    [
        ({}, 10, 20, None),
        ({}, 20, 10, 7.5),
        ({"low": 9}, 20, 10, 9.0),
        ({"low": 10}, 20, 10, None),
        ({"approach": "falling"}, 10, 20, 22.5),
        ({"approach": "falling", "high": 21}, 10, 20, 21.0),
        ({"approach": "any"}, 20, 10, None),
        ({"tolerance": 11.0}, 20, 10, None),
        ({"whole": True}, 20, 10, 7),
        ({"whole": True, "approach": "falling"}, 10, 20, 23),
        ({"whole": True, "low": 8.5}, 20, 10, 9),
        ({"choices": (0.0, 5.0, 10.0)}, 10, 5, 0.0),
        ({"choices": (0.0, 5.0, 10.0)}, 10, 0, None),
        ({"choices": (0.0, 2.0, 4.0, 10.0), "backlash": 3.0}, 10, 4, 0.0),
    ],
)
def test_a_target_is_gone_beyond_to_an_allowed_value(
    keys: dict[str, Any], here: float, target: float, first: Value | None
) -> None:
    found = track(**keys).beyond(here, target)
    assert found == first
    assert type(found) is type(first)


@given(
    here=st.integers(-50, 50),
    target=st.integers(-50, 50),
    largest=st.floats(1, 40),
    whole=st.booleans(),
)
def test_no_stop_is_farther_than_the_largest_step(
    here: int, target: int, largest: float, whole: bool
) -> None:
    stops = track(max_step=largest, whole=whole).stops(here, target)
    assert stops is not None
    assert stops[-1] == target
    way = [float(here), *map(float, stops)]
    assert max(abs(b - a) for a, b in pairwise(way)) <= largest * (1 + 1e-9)
    assert all(isinstance(stop, int) for stop in stops) or not whole


def test_choices_are_gone_through_one_by_one_where_steps_are_small() -> None:
    found = track(choices=(0.0, 5.0, 10.0, 20.0), max_step=6.0)
    assert found.stops(0, 10) == [5.0, 10.0]
    assert found.stops(10, 0) == [5.0, 0.0]
    assert found.stops(0, 20) is None


def test_part_of_the_way_is_an_allowed_value() -> None:
    assert track().part(0, 10, 0.25) == 2.5
    assert track(whole=True).part(0, 10, 0.25) == 2
    assert track(whole=True).part(0, -10, 0.25) == -2
    assert track(choices=(0.0, 5.0, 10.0)).part(0, 10, 0.25) == 0.0
    assert track(high=5.0).part(20, 5, 0.5) == 20, "what stands outside does not stop there"


def test_what_goes_darker_is_known() -> None:
    lamp = track(light=True, darkest=0.0)
    assert lamp.darkens(5, 2)
    assert not lamp.darkens(2, 5)
    shutter = track(light=True, darkest="Closed")
    assert shutter.darkens("Open", "Closed")
    assert not shutter.darkens("Closed", "Open")
    assert not track().darkens(5, 2)
