from __future__ import annotations

import numpy as np
import pytest

from hil.errors import InputError
from hil.noise.camera import CameraNoise
from hil.replay.twinned.asked import take_asked
from hil.twin.data import TrialFrames
from tests.hil.twin.small_microscope import settings, unknown

TRIALS = [
    TrialFrames(settings(**moved), np.zeros((1, 1, 4, 4)), CameraNoise(0.5, 100, 1.6))
    for moved in ({}, {"focus__z_um": 1.0, "mirror__z5_nm": 40.0})
]
MOVED = ("axis_scale.focus.z_um", "axis_scale.mirror.z5_nm")


def test_all_axes_that_moved_or_one_and_the_others_are_suspects() -> None:
    asked = take_asked(["axis_scale", "gain"], unknown(), TRIALS)
    assert (asked.names, asked.gain, asked.suspects) == (MOVED, True, ())
    asked = take_asked(["focus_offset_um", MOVED[1]], unknown(), TRIALS)
    assert asked.names == ("focus_offset_um", MOVED[1]) and asked.suspects == MOVED[:1]
    assert take_asked([], unknown(), TRIALS).suspects == MOVED


@pytest.mark.parametrize(
    ("name", "told"),
    {
        "axis_scale.mirror.z7_nm": "stood still",
        "axis_scale.mirror.z5_um": "axis_scale.mirror.z5_nm",
        "blurr_nm": "blur_nm",
    }.items(),
)
def test_what_is_no_unknown_or_stood_still_is_refused(name: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        take_asked([name], unknown(), TRIALS)
