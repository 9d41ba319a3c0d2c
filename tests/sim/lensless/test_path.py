"""From settings to frames."""

from __future__ import annotations

import numpy as np

from tests.sim.lensless.opened import open_rig


def test_the_same_seed_gives_the_same_frames() -> None:
    assert np.array_equal(
        open_rig().truth.expected_electrons(), open_rig().truth.expected_electrons()
    )
    assert not np.array_equal(
        open_rig().truth.expected_electrons(), open_rig(seed=4).truth.expected_electrons()
    )
