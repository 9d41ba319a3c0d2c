"""Codes of another width."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.hil.rig.guards.made_frames import Pixels, Session, camera, camera_noise, scene, spoilt

NOISE = camera_noise()
LIT = camera(lambda p, n: scene(p))
FAULTS: dict[str, Callable[[Pixels], Pixels]] = {
    "8 of 16 bits": lambda p: (p >> 8).astype(np.uint8),
    "the lower 8 bits": lambda p: p.astype(np.uint8),
    "32 bits": lambda p: p.astype(np.uint32),
    "shifted up": lambda p: p << 3,
    "shifted down": lambda p: p >> 2,
    "a bit that is stuck": lambda p: p | np.uint16(1 << 14),
}


@pytest.mark.parametrize("number", [1, 4, 8])
@pytest.mark.parametrize("name", FAULTS)
def test_another_width_is_refused(name: str, number: int) -> None:
    session = Session(spoilt(LIT, {number: FAULTS[name]}), NOISE)
    session.saturation_adu = 4095
    found = session.trials(4)
    assert found.count("bit_depth") == 1, found
    assert found.index("bit_depth") == number // 3


@pytest.mark.parametrize("name", ["shifted up", "shifted down"])
def test_what_the_camera_always_does_is_no_fault(name: str) -> None:
    session = Session(lambda p, n: FAULTS[name](LIT(p, n)), NOISE)
    assert session.trials(4)[1:] == [""] * 3
    assert session.watch.past.trials[0].number == 0, "the first may be dark, and is no fault either"


@pytest.mark.parametrize("clip", [0, -1, 70_000])
def test_a_clip_that_cannot_be_is_refused(clip: int) -> None:
    session = Session(LIT, NOISE)
    session.saturation_adu = clip
    assert session.trial() == "bit_depth"


def test_a_full_well_lies_below_the_end_of_the_converter() -> None:
    session = Session(camera(lambda p, n: 29_990.0), NOISE)
    session.saturation_adu = 60_000
    assert session.trials(2) == ["", ""]
