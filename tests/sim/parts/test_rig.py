"""What simulated rigs share."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pydantic
import pytest

from drivers.errors import DeviceLost, UnknownSetting, ValueRefused
from sim.parts.devices import Link, SimulatedDevice
from sim.parts.metrics import Metrics
from sim.parts.rig import RigOptions, SimulatedKind, SimulatedRig, float_axis, pace_of
from sim.parts.simulated_clock import AsFastAsPossible, Pace, RealTime
from tests.sim.registered import FORMS


def _build(options: RigOptions, pace: Pace) -> SimulatedRig:
    link = Link()
    lamp = SimulatedDevice("lamp", [float_axis("lamp.power_mw", 0, 5)], pace, link)
    metrics = Metrics(
        {"snr": "", "cutoff_cycles_per_um": "cycles/um"},
        lambda settings: {
            "snr": 2 * float(settings["lamp.power_mw"]),
            "cutoff_cycles_per_um": 4,
        },
        [lamp],
        pace,
        link,
    )
    return SimulatedRig([lamp, metrics], link, None, ("numpy",))


KIND = SimulatedKind(RigOptions, _build)


def _open() -> SimulatedRig:
    return KIND.open(KIND.options({}, Path.cwd()))


def test_metrics_follow_the_settings() -> None:
    devices = _open().devices
    assert devices["metrics"].read("metrics.snr") == 0.0
    devices["lamp"].start({"lamp.power_mw": 1.5})
    devices["lamp"].settle(1.0)
    assert devices["metrics"].read("metrics.snr") == 3.0
    assert devices["metrics"].read("metrics.cutoff_cycles_per_um") == 4.0


def test_metrics_cannot_be_set_and_have_units() -> None:
    metrics = _open().devices["metrics"]
    with pytest.raises(ValueRefused):
        metrics.start({"metrics.snr": 1.0})
    with pytest.raises(UnknownSetting):
        metrics.read("metrics.contrast")
    assert [setting.unit for setting in metrics.describe()] == ["", "cycles/um"]
    assert all(setting.read_only for setting in metrics.describe())


def test_a_closed_rig_has_lost_its_devices() -> None:
    rig = _open()
    rig.close()
    for device in rig.devices.values():
        with pytest.raises(DeviceLost):
            device.read(device.describe()[0].name)


def test_options_are_strict_and_choose_the_pace() -> None:
    with pytest.raises(pydantic.ValidationError, match="sead"):
        KIND.options({"sead": 1}, Path.cwd())
    assert isinstance(pace_of(RigOptions(realtime=True)), RealTime)
    assert type(pace_of(RigOptions())) is AsFastAsPossible


OPEN_ALL = """
import json
import sys
from pathlib import Path
from hil.rig.driver_kinds import driver_kind
for name, options in json.loads(sys.argv[1]):
    kind = driver_kind(name)
    rig = kind.open(kind.options(options, Path()))
    for device in rig.devices.values():
        for setting in device.describe():
            if setting.role == "light":
                device.start({setting.name: setting.low})
    rig.close()
slow = {"torch", "skimage", "pydicom"} & set(sys.modules)
sys.exit(f"{sorted(slow)} imported" if slow else 0)
"""


def test_opening_and_parking_wait_for_no_heavy_library() -> None:
    """The guardian parks through a fresh connection: seconds of imports would be light on a sample."""
    forms = json.dumps([(form.registered, form.options) for form in FORMS])
    done = subprocess.run(
        [sys.executable, "-c", OPEN_ALL, forms], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
