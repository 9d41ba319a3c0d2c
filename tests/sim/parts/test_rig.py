"""What simulated rigs share."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pydantic
import pytest

from drivers.errors import DeviceLost
from sim.parts.rig import RigOptions, pace_of
from sim.parts.simulated_clock import AsFastAsPossible, RealTime
from tests.sim.parts.lamp import KIND, open_lamp
from tests.sim.registered import FORMS


def test_a_closed_rig_has_lost_its_devices() -> None:
    rig = open_lamp()
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
