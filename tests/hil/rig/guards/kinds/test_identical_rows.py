"""Lines of a frame that repeat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.hil.rig.guards.made_frames import Pixels, Session, camera, camera_noise, scene, spoilt

NOISE = camera_noise()


def some_rows(pixels: Pixels) -> Pixels:
    """Stop the read-out below row 15."""
    pixels[16:] = pixels[15]
    return pixels


def two_rows(pixels: Pixels) -> Pixels:
    """Read one row twice."""
    pixels[9] = pixels[8]
    return pixels


FAULTS: dict[str, Callable[[Pixels], Pixels]] = {
    "all rows": lambda p: np.repeat(p[:1], 24, axis=0),
    "all columns": lambda p: np.repeat(p[:, :1], 24, axis=1),
    "some rows": some_rows,
    "two rows": two_rows,
    "one value": lambda p: np.full_like(p, 500),
}


@pytest.mark.parametrize("number", [0, 4, 8])
@pytest.mark.parametrize("name", FAULTS)
def test_lines_that_repeat_are_refused(name: str, number: int) -> None:
    session = Session(spoilt(camera(lambda p, n: scene(p)), {number: FAULTS[name]}), NOISE)
    found = session.trials(4)
    assert found.count("identical_rows") == 1
    assert found.index("identical_rows") == number // 3


def test_lines_that_clip_may_be_equal() -> None:
    light = np.where(np.arange(24)[:, None] < 12, 5e4, 50.0)
    session = Session(camera(lambda p, n: light), NOISE)
    session.saturation_adu = 65535
    assert session.trials(3) == ["", "", ""]
