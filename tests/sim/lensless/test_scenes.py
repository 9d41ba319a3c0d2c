"""A scene of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydantic
import pytest

from drivers.errors import ConfigError
from sim.lensless import KIND


def test_scenes_of_ones_own(tmp_path: Path) -> None:
    np.save(tmp_path / "far.npy", np.ones((256, 256), np.float32))
    rig = KIND.open(KIND.options({"scene": "far.npy", "stray_light": 0.0}, tmp_path))
    assert np.ptp(rig.truth.expected_electrons()) < 1e-3
    np.save(tmp_path / "small.npy", np.ones((20, 20)))
    with pytest.raises(ConfigError, match="256 samples"):
        KIND.options({"scene": "small.npy"}, tmp_path)
    with pytest.raises(ConfigError, match="nowhere"):
        KIND.options({"scene": "nowhere.npy"}, tmp_path)
    with pytest.raises(pydantic.ValidationError, match="one of beads"):
        KIND.options({"scene": "stars"}, tmp_path)
