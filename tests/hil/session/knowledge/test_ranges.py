"""Values inside what is searched."""

from __future__ import annotations

import pytest

from hil.session.knowledge.ranges import in_range, shown
from hil.spec import SearchAxis

NUMBERS = SearchAxis(setting="focus.z_um", low=-1, high=2)
WORDS = SearchAxis(setting="wheel.filter", choices=("GFP", "DAPI"))


@pytest.mark.parametrize(
    ("axis", "value", "inside"),
    [
        (NUMBERS, 2, True),
        (NUMBERS, 2.1, False),
        (NUMBERS, "GFP", False),
        (NUMBERS, None, False),
        (WORDS, "GFP", True),
        (WORDS, "Cy5", False),
    ],
)
def test_in_range(axis: SearchAxis, value: float | str | None, inside: bool) -> None:
    assert in_range(axis, value) is inside


def test_shown() -> None:
    assert (shown(NUMBERS), shown(WORDS)) == ("from -1 to 2", "GFP, DAPI")
