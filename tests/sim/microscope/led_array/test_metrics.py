"""Figures of merit follow the light."""

from __future__ import annotations

import pytest

from tests.sim.microscope.led_array.opened import open_rig


def test_figures_of_merit_follow_the_light() -> None:
    rig = open_rig()
    lit = {"led.power_mw": 1.0}
    rig.devices["led"].start(lit)
    rig.devices["led"].settle(1.0)
    assert rig.truth.metrics()["cutoff_cycles_per_um"] == pytest.approx(0.6 / 0.53)
    assert rig.devices["metrics"].read("metrics.snr") == rig.truth.metrics()["snr"]
    darkfield = rig.truth.metrics({"led.pattern": "darkfield", "led.outer_na": 0.6})
    assert darkfield["cutoff_cycles_per_um"] == pytest.approx(1.0 / 0.53)
    assert darkfield["contrast"] > 3 * rig.truth.metrics()["contrast"]
    assert darkfield["phase_transfer_peak"] == 0
    assert rig.truth.metrics()["phase_transfer_peak"] == pytest.approx(0, abs=1e-9)
    oblique = rig.truth.metrics({"led.pattern": "half-plane"})
    assert 0.5 < oblique["phase_transfer_peak"] <= 1.001
