"""Land by its seed, or of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydantic
import pytest

from drivers.errors import ConfigError
from sim.satellite import KIND
from tests.sim.satellite.opened import open_rig


def test_the_same_seed_gives_the_same_land() -> None:
    seen = [open_rig(seed=seed).truth.expected_electrons() for seed in (3, 3, 4)]
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])


def test_land_of_ones_own(tmp_path: Path) -> None:
    np.save(tmp_path / "land.npy", np.full((4, 256, 256), 0.2, np.float32))
    rig = KIND.open(KIND.options({"scene": "land.npy"}, tmp_path))
    assert np.ptp(rig.truth.expected_electrons()) < 1.0
    np.save(tmp_path / "bright.npy", np.full((4, 256, 256), 1.5))
    with pytest.raises(ConfigError, match="between 0 and 1"):
        KIND.options({"scene": "bright.npy"}, tmp_path)
    with pytest.raises(pydantic.ValidationError, match="landsat"):
        KIND.options({"scene": "moon"}, tmp_path)
