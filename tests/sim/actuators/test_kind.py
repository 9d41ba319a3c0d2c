"""What is sent to the actuators bends the simulated wavefront, as calibrated or as planted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.errors import ConfigError
from hil.rig.driver_kinds import driver_kind
from tests.drivers.modal.mirrors import MODES, write_mirror

SMALL = {"seed": 3, "height_px": 64, "width_px": 64, "scene_um": 60.0}


def microscope(folder: Path, **changes: Any) -> Any:
    table = {**write_mirror(folder), "microscope": SMALL, **changes}
    del table["array"]
    kind = driver_kind("modal.simulated")
    return kind.open(kind.options(table, folder))


def residual_nm(rig: Any, values: dict[str, float]) -> dict[str, float]:
    mirror = rig.devices["mirror"]
    mirror.start({f"mirror.{mode}": value for mode, value in values.items()})
    mirror.settle(1.0)
    hidden = rig.truth.aberration_nm
    return {mode: value - hidden[mode] for mode, value in rig.truth.residual_nm().items()}


def test_modes_reach_the_wavefront_as_calibrated(tmp_path: Path) -> None:
    moved = residual_nm(microscope(tmp_path), {"z4_nm": 30.0, "z7_nm": -12.0})
    assert moved == pytest.approx({f"z{j}": 0.0 for j in range(4, 12)} | {"z4": 30, "z7": -12})


def test_the_best_settings_leave_no_aberration(tmp_path: Path) -> None:
    rig = microscope(tmp_path)
    before = rig.truth.residual_rms_nm()
    best = {k.partition(".")[2]: v for k, v in rig.truth.best_settings.items() if "mirror" in k}
    residual_nm(rig, best)
    assert rig.truth.residual_rms_nm() < 1e-6 * before


def test_a_planted_response_leaks_and_turns(tmp_path: Path) -> None:
    response = np.eye(len(MODES))
    response[1, 1], response[2, 3] = -1.0, 0.4
    np.save(tmp_path / "response.npy", response)
    moved = residual_nm(microscope(tmp_path, response="response.npy"), {"z5_nm": 10, "z7_nm": 20})
    assert moved["z5"] == pytest.approx(-10)
    assert moved["z6"] == pytest.approx(8)


@pytest.mark.parametrize("backlash", [0.0, 0.02])
def test_an_approach_from_below_undoes_hysteresis(tmp_path: Path, backlash: float) -> None:
    rig = microscope(tmp_path, hysteresis=0.005, backlash=backlash)
    found = []
    for start in (-60.0, 60.0):
        residual_nm(rig, {"z5_nm": start})
        found.append(residual_nm(rig, {"z5_nm": 10.0})["z5"])
    apart_nm = abs(found[1] - found[0])
    assert apart_nm < 1e-6 if backlash else apart_nm > 5.0


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "response.npy", np.eye(5))
    with pytest.raises(ConfigError, match=r"response: its shape is \(5, 5\)"):
        microscope(tmp_path, response="response.npy")
    text = (tmp_path / "modes.csv").read_text(encoding="utf-8")
    (tmp_path / "kl.csv").write_text(text.replace("z4_nm", "kl1_nm"), encoding="utf-8")
    with pytest.raises(ConfigError, match="'kl1_nm' is no mode"):
        microscope(tmp_path, matrix="kl.csv")
