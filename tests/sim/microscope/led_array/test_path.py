"""From settings to frames."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sim.microscope.led_array.opened import bits, open_rig


def test_nothing_shows_where_nothing_is() -> None:
    rig = open_rig(scene="flat")
    assert abs(bits(rig)) < 0.02
    electrons = rig.truth.expected_electrons({"led.power_mw": 1.0, "camera.exposure_ms": 20.0})
    # 0.8 electrons a photon, 1000 photons a uJ, 20 uJ, a sixteenth of the LEDs
    assert electrons.mean() == pytest.approx(0.8 * 1000 * 20 / 16, rel=1e-3)
    assert np.ptp(electrons) < 1e-3 * electrons.mean()


def test_it_is_dark_without_power_or_leds() -> None:
    rig = open_rig(dark_current_e_per_s=0.0)
    assert not rig.truth.expected_electrons().any()
    dark = {"led.power_mw": 1.0, "led.pattern": "darkfield", "led.outer_na": 0.39}
    assert not rig.truth.expected_electrons(dark).any()
    assert rig.truth.metrics(dark)["cutoff_cycles_per_um"] == 0
    (light,) = (s for d in rig.devices.values() for s in d.describe() if s.role == "light")
    assert light.name == "led.power_mw"
    assert rig.devices["led"].read(light.name) == 0


def test_the_scene_moves_with_the_stage_and_ends_nowhere() -> None:
    rig = open_rig(scene="beads")
    lit = {"led.power_mw": 1.0, "led.pattern": "half-plane"}
    here = rig.truth.expected_electrons(lit)
    step_um = 6.5 / 20
    moved = rig.truth.expected_electrons({**lit, "stage.x_um": 3 * step_um, "stage.y_um": -step_um})
    np.testing.assert_allclose(moved[1:, :-3], here[:-1, 3:], rtol=0.02)
    part = rig.truth.expected_electrons({**lit, "stage.x_um": step_um / 2})
    back = rig.truth.expected_electrons({**lit, "stage.x_um": -step_um / 2})
    np.testing.assert_allclose(part[:, :-1], back[:, 1:], rtol=0.02)
    assert np.abs(part - here).max() > 0.01 * here.mean()
