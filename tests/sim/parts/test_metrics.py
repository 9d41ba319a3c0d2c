"""Figures of merit as read-only settings."""

from __future__ import annotations

import pytest

from drivers.errors import UnknownSetting, ValueRefused
from tests.sim.parts.lamp import open_lamp


def test_metrics_follow_the_settings() -> None:
    devices = open_lamp().devices
    assert devices["metrics"].read("metrics.snr") == 0.0
    devices["lamp"].start({"lamp.power_mw": 1.5})
    devices["lamp"].settle(1.0)
    assert devices["metrics"].read("metrics.snr") == 3.0
    assert devices["metrics"].read("metrics.cutoff_cycles_per_um") == 4.0


def test_metrics_cannot_be_set_and_have_units() -> None:
    metrics = open_lamp().devices["metrics"]
    with pytest.raises(ValueRefused):
        metrics.start({"metrics.snr": 1.0})
    with pytest.raises(UnknownSetting):
        metrics.read("metrics.contrast")
    assert [setting.unit for setting in metrics.describe()] == ["", "cycles/um"]
    assert all(setting.read_only for setting in metrics.describe())
