"""What the rig file may say."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from drivers.errors import ConfigError
from sim.microscope.rig import KIND
from tests.sim.microscope.opened import SMALL


def test_a_scene_file_is_found_beside_the_rig(tmp_path: Path) -> None:
    scene = np.zeros((200, 160), np.uint8)
    scene[100, 80] = 255
    np.save(tmp_path / "bead.npy", scene)
    table = SMALL | {"scene": "bead.npy", "aberration_rms_nm": 0.0, "background": 0.0}
    scope = KIND.open(KIND.options(table, tmp_path))
    electrons = scope.truth.expected_electrons({"light.power_mw": 1.0})
    assert np.unravel_index(electrons.argmax(), electrons.shape) == (48, 32)
    limits = {s.name: s.high for s in scope.devices["stage"].describe()}
    assert limits["stage.y_um"] == pytest.approx((200 - 96) / 2 * 6.5 / 63, abs=1e-3)


@pytest.mark.parametrize(
    ("file", "problem"),
    [("missing.npy", "No such file"), ("small.npy", "smaller than"), ("text.npy", "text.npy")],
)
def test_a_scene_file_that_cannot_serve_is_refused(file: str, problem: str, tmp_path: Path) -> None:
    np.save(tmp_path / "small.npy", np.ones((96, 63)))
    (tmp_path / "text.npy").write_text("not an array")
    with pytest.raises(ConfigError, match=problem) as refusal:
        KIND.options(SMALL | {"scene": file}, tmp_path)
    assert refusal.value.key == "scene"


BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"sede": 1}, "sede"),
    ({"seed": -1}, "seed"),
    ({"seed": 1.5}, "seed"),
    ({"aberration_rms_nm": "100"}, "aberration_rms_nm"),
    ({"aberration_rms_nm": float("nan")}, "aberration_rms_nm"),
    ({"bleaching": "yes"}, "bleaching"),
    ({"scene": "stars"}, "one of mixed, cells"),
    ({"numerical_aperture": 1.4}, "below refractive_index"),
    ({"bit_depth": 8, "offset_adu": 300.0}, "below the largest value"),
    ({"width_px": 1024}, "at least the camera's field"),
    ({"magnification": 60.0, "scene_um": 999.0}, "scene_um may be at most"),
]


@pytest.mark.parametrize(("options", "problem"), BAD_OPTIONS)
def test_wrong_options_are_refused_by_key(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        KIND.options(SMALL | options, Path())
