"""A scene of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers.errors import ConfigError
from sim.microscope.rig import KIND
from tests.sim.microscope.led_array.opened import DRY


def test_scenes_of_ones_own(tmp_path: Path) -> None:
    np.save(tmp_path / "wedge.npy", np.full((400, 400), -50.0))
    rig = KIND.open(KIND.options(DRY | {"scene": "wedge.npy"}, tmp_path))
    assert rig.truth.expected_electrons({"led.power_mw": 1.0}).std() >= 0
    np.save(tmp_path / "small.npy", np.ones((20, 20)))
    with pytest.raises(ConfigError, match="smaller than the camera"):
        KIND.options(DRY | {"scene": "small.npy"}, tmp_path)
    np.save(tmp_path / "holes.npy", np.full((400, 400), np.nan))
    with pytest.raises(ConfigError, match="finite"):
        KIND.options(DRY | {"scene": "holes.npy"}, tmp_path)
