"""The modulator's frame undoes the hidden aberration, by slmsuite's light and in a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.errors import ConfigError
from hil.rig.driver_kinds import driver_kind
from tests.drivers.slm.panels import PANEL, write_table

SMALL = {**PANEL, "modes": ["z4_nm", "z5_nm", "z8_nm", "z11_nm"], "seed": 3, "scene": "flat"}


def microscope(folder: Path, **changes: Any) -> Any:
    write_table(folder)
    kind = driver_kind("slm.simulated")
    return kind.open(kind.options({**SMALL, **changes}, folder))


def test_the_opposite_of_what_is_hidden_gives_a_perfect_point(tmp_path: Path) -> None:
    rig = microscope(tmp_path, aberration_rms_nm=90.0)
    path, slm = rig.truth.path, rig.devices["slm"]
    before = path.metrics({})
    expected = np.exp(-((2 * np.pi * 90 / 633) ** 2))  # Marechal
    assert before["strehl"] == pytest.approx(expected, abs=0.1)
    assert before["residual_nm"] == pytest.approx(90.0)
    slm.start({f"slm.z{j}_nm": -amount for j, amount in path.hidden_nm.items()})
    slm.settle(1.0)
    after = path.metrics({})
    assert after["strehl"] > 0.9
    assert after["residual_nm"] < 1e-9
    assert np.unravel_index(np.argmax(path.point_image()), (80, 96)) == (0, 0)


def test_a_flat_sample_brings_the_light_that_the_options_say(tmp_path: Path) -> None:
    rig = microscope(tmp_path)
    settings = {"light.power_mw": 2.0, "camera.exposure_ms": 5.0}
    settings |= {"stage.x_um": 0.0, "stage.y_um": 0.0}
    electrons = rig.truth.path.expected_electrons(settings)
    assert electrons.shape == (80, 96)
    assert electrons.mean() == pytest.approx(0.8 * 80 * 2 * 5, rel=1e-3)


def test_what_cannot_be_simulated_is_refused(tmp_path: Path) -> None:
    write_table(tmp_path)
    kind = driver_kind("slm.simulated")
    with pytest.raises(ConfigError, match="'camera' is another device's"):
        kind.options({**SMALL, "label": "camera"}, tmp_path)
