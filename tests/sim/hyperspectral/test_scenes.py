"""A cube of one's own as the scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pydantic
import pytest

from drivers.errors import ConfigError
from sim.hyperspectral import KIND
from sim.hyperspectral.spectra import WAVELENGTHS_NM, soil
from tests.sim.hyperspectral.opened import BASE
from tests.sim.rigs import Settings


def cube(folder: Path, **changes: Any) -> str:
    """Write a cube whose upper half is soil and whose lower half is white."""
    wavelengths = np.arange(400.0, 1000.0, 20.0)
    reflectance = np.ones((wavelengths.size, 128, 128), np.float32)
    reflectance[:, :64] = np.interp(wavelengths, WAVELENGTHS_NM, soil())[:, None, None]
    arrays = {"wavelengths_nm": wavelengths, "reflectance": reflectance} | changes
    np.savez(
        folder / "cube.npz", **{name: value for name, value in arrays.items() if value is not None}
    )
    return "cube.npz"


def test_a_cube_of_ones_own(tmp_path: Path) -> None:
    options = KIND.options({"scene": cube(tmp_path), "side_px": 32}, tmp_path)
    rig = KIND.open(options)
    narrow: Settings = {f"filter.width{b}_nm": 6.0 for b in range(1, 5)}
    seen = rig.truth.expected_electrons(BASE | narrow)
    ratio = seen[:, 6, 16] / seen[:, 26, 16]  # far from the border between the halves
    at = [BASE[f"filter.centre{b}_nm"] for b in range(1, 5)]
    expected = np.interp(np.array(at, float), WAVELENGTHS_NM, soil())
    np.testing.assert_allclose(ratio, expected, rtol=0.02)
    metrics = rig.truth.metrics(BASE)
    assert 1 < metrics["condition"] < 100  # two spectra, found in the cube
    assert metrics["spectral_angle_deg"] > 1


class Wrong(NamedTuple):
    name: str
    changes: dict[str, Any]
    words: str


WRONG = [
    Wrong("missing", {"wavelengths_nm": None}, "wavelengths_nm and reflectance"),
    Wrong("shapes", {"reflectance": np.ones((4, 128, 128))}, r"\(n, height, width\)"),
    Wrong("small", {"reflectance": np.ones((30, 20, 20))}, "64 samples"),
    Wrong("order", {"wavelengths_nm": np.arange(1000.0, 400.0, -20.0)}, "rises"),
    Wrong("negative", {"reflectance": np.full((30, 128, 128), -0.1)}, "between 0 and 2"),
    Wrong("text", {"wavelengths_nm": np.array(["a"] * 30)}, "real numbers"),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_a_wrong_cube_is_refused(case: Wrong, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=case.words):
        KIND.options({"scene": cube(tmp_path, **case.changes)}, tmp_path)


def test_a_file_that_is_no_cube_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("not a cube", encoding="utf-8")
    np.save(tmp_path / "plain.npy", np.ones((64, 64)))
    (tmp_path / "plain.npy").rename(tmp_path / "plain.npz")
    for name in ("text.npz", "plain.npz", "nowhere.npz"):
        with pytest.raises(ConfigError, match=name):
            KIND.options({"scene": name}, tmp_path)
    with pytest.raises(pydantic.ValidationError, match="one of leaves"):
        KIND.options({"scene": "stars"}, tmp_path)
