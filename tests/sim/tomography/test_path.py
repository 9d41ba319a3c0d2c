"""From settings to frames."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.errors import ValueRefused
from tests.sim.rigs import apply
from tests.sim.tomography.opened import frame, open_rig


def test_interleaved_frames_hold_the_same_views() -> None:
    plain, dealt = open_rig(), open_rig(interleave=8)
    sinogram, channels = frame(plain), frame(dealt)
    assert sinogram.shape == (32, 64)
    assert channels.shape == (4, 8, 64)
    for channel in range(4):
        assert np.array_equal(channels[channel], sinogram[channel::4])
    with pytest.raises(ValueRefused, match="multiple of 8"):
        apply(dealt, {"gantry.views": 20})


def test_the_same_seed_gives_the_same_frames() -> None:
    assert np.array_equal(frame(open_rig(), 5), frame(open_rig(), 5))
    assert not np.array_equal(frame(open_rig(), 5), frame(open_rig(seed=4), 5))
