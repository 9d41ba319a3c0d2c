"""What a rig file says of its light."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hil.spec.light import DoseSpec, Optics


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"table": ((0, 0), (0, 1))}, "values that rise"),
        ({"table": ((0, 1), (1, 0.5))}, "does not fall"),
        ({"table": ((0, -1), (1, 0))}, "allowed: 0 or more"),
        ({"table": ((0, 0),)}, "at least 2"),
        ({"lit": "always", "shutter": "shutter.open"}, "go together"),
        ({"lit": "exposures", "shutter": "shutter.open", "open": 1}, "triggered lamp"),
    ],
)
def test_light_that_cannot_be_is_refused(keys: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        DoseSpec(power="lamp.percent", **keys)


def test_a_lamp_that_saturates_is_possible() -> None:
    table = ((0, 0), (50, 10), (100, 10))
    assert DoseSpec(power="lamp.percent", table=table).table == table


def test_pixels_have_a_size() -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        Optics(pixel_size_um=0)
