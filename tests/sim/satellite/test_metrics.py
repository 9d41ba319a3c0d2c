"""Figures of merit of remote sensing."""

from __future__ import annotations

from tests.sim.satellite.opened import open_rig


def test_figures_of_merit_follow_the_settings() -> None:
    rig = open_rig()
    sharp = rig.truth.metrics()
    soft = rig.truth.metrics({"telescope.focus_um": 60.0})
    assert soft["mtf_nyquist"] < sharp["mtf_nyquist"]
    assert soft["mtf50_cycles_per_km"] < sharp["mtf50_cycles_per_km"]
    assert soft["snr"] == sharp["snr"], "the signal-to-noise ratio does not see focus"
    assert rig.devices["metrics"].read("metrics.snr") == sharp["snr"]
