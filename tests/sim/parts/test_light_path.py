"""What is hidden may be asked for at any settings; nothing moves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.errors import UnknownSetting
from drivers.types import Value
from sim.parts.devices import Link, SimulatedDevice
from sim.parts.light_path import PathTruth
from sim.parts.rig import float_axis
from sim.parts.simulated_clock import AsFastAsPossible


class Lamp:
    """Light of one lamp on two pixels, through a filter."""

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        power, share = float(settings["lamp.power_mw"]), float(settings["filter.share_pct"]) / 100
        return np.array([[1.0, 2.0]], np.float32) * np.float32(power * share)

    def noise_model(self, settings: Mapping[str, Value]) -> float:
        return float(settings["filter.share_pct"])

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        return {"mean": float(self.expected_electrons(settings).mean())}


def make_truth() -> tuple[PathTruth[Lamp], list[SimulatedDevice]]:
    pace, link = AsFastAsPossible(), Link()
    devices = [
        SimulatedDevice("lamp", [float_axis("lamp.power_mw", 0, 5, 1.0)], pace, link),
        SimulatedDevice("filter", [float_axis("filter.share_pct", 0, 100, 50.0)], pace, link),
    ]
    return PathTruth(Lamp(), devices), devices


def test_what_is_left_out_is_as_on_the_devices() -> None:
    truth, devices = make_truth()
    assert truth.suppose({"lamp.power_mw": 4.0}) == {"lamp.power_mw": 4.0, "filter.share_pct": 50.0}
    np.testing.assert_array_equal(truth.expected_electrons({"lamp.power_mw": 4.0}), [[2.0, 4.0]])
    assert truth.metrics() == {"mean": 0.75}
    assert truth.noise_model({"filter.share_pct": 10.0}) == 10.0
    assert [device.present() for device in devices] == [
        {"lamp.power_mw": 1.0},
        {"filter.share_pct": 50.0},
    ]


def test_it_follows_the_devices() -> None:
    truth, (lamp, _) = make_truth()
    lamp.start({"lamp.power_mw": 2.0})
    lamp.settle(1.0)
    assert truth.metrics() == {"mean": 1.5}


def test_a_setting_that_there_is_not_is_named() -> None:
    truth, _ = make_truth()
    with pytest.raises(UnknownSetting, match=r"lamp\.powr_mw"):
        truth.suppose({"lamp.powr_mw": 1.0})
