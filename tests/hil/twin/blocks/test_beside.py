from __future__ import annotations

from dataclasses import replace

import pytest

from hil.twin.blocks.beside import beside
from tests.hil.twin.blocks.small_blocks import drawn


def test_an_offset_counts_in_the_cameras_own_noise_and_the_gain_only_where_it_is_asked_for() -> (
    None
):
    data = [replace(one, floor=144.0, e_per_adu=8.0) for one in drawn(1)]
    level, offset = beside(data, 0.3, gain=False)
    assert level.start == 0.3 and level.low > 0
    assert offset.start == 0 and offset.scale == pytest.approx(1.5)
    assert beside(data, 0.3, gain=True)[:2] == (level, offset)
    assert beside(data, 0.3, gain=True)[2].start == 1
    quiet = [replace(one, floor=0.0) for one in data]
    assert beside(quiet, 0.3, gain=False)[1].scale == 0.5
