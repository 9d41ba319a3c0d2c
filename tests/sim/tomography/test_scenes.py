"""Slices by name, or of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.errors import ConfigError
from sim.tomography import KIND
from sim.tomography.scenes import densities
from tests.sim.rigs import apply
from tests.sim.tomography.opened import open_rig


@pytest.mark.parametrize("scene", ["ellipses", "shepp_logan", "blobs", "slice"])
def test_samples_differ_and_lie_in_the_field(scene: str) -> None:
    path = open_rig(scene=scene).truth.path
    slices = np.stack([path.sample(number) for number in range(3)])
    assert slices.min() >= -1000
    assert slices.max() <= 3071
    assert all(one.max() > 100 for one in slices), "there is bone"
    assert not np.array_equal(slices[0], slices[1])
    assert np.array_equal(slices[1], open_rig(scene=scene).truth.path.sample(1))


def test_hounsfield_units_are_attenuation_of_water() -> None:
    """Up to 100 by definition; 1500 is cortical bone."""
    units = np.array([[-1000.0, 0.0], [50.0, 1500.0]], np.float32)
    water, bone = densities(units)
    np.testing.assert_allclose(water, [[0, 1], [1.05, 0]], atol=1e-6)
    np.testing.assert_allclose(bone, [[0, 0], [0, 1.92]], atol=1e-6)


def test_slices_of_ones_own(tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", np.stack([np.zeros((48, 48)), np.full((48, 48), -1000)]) + 0.5)
    rig = KIND.open(KIND.options({"scene": "own.npy", "bins": 32}, tmp_path))
    number = next(s for s in rig.devices["sample"].describe() if s.name == "sample.number")
    assert number.high == 1
    apply(rig, {"source.current_ma": 0.01, "gantry.views": 8})
    assert rig.truth.expected_electrons({"sample.number": 1}).min() > 1.2 * (
        rig.truth.expected_electrons({"sample.number": 0}).min()
    )


BAD_SLICES = [
    ("flat.npy", np.zeros(48), "real numbers"),
    ("oblong.npy", np.zeros((48, 40)), "squares"),
    ("small.npy", np.zeros((8, 8)), "squares"),
    ("nan.npy", np.full((48, 48), np.nan), "finite"),
    ("air.npy", np.full((48, 48), -1000.0), "nothing but air"),
]


@pytest.mark.parametrize(
    ("name", "array", "said"), BAD_SLICES, ids=[case[0] for case in BAD_SLICES]
)
def test_bad_slices_are_refused(
    name: str, array: np.ndarray[Any, Any], said: str, tmp_path: Path
) -> None:
    np.save(tmp_path / name, array)
    with pytest.raises(ConfigError, match=said):
        KIND.options({"scene": name}, tmp_path)
