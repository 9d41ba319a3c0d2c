from __future__ import annotations

import json

import pytest

from drivers.protocol import Alias, Setting
from hil.records.described import described, setting_from

CASES = [
    Setting("Z.position_um", "float", "um", 0, 100, role="position", tolerance=0.1, backlash=2),
    Setting("room.celsius", "float", read_only=True),
    Setting(
        "Wheel.Label",
        "choice",
        choices=("DAPI", "FITC"),
        aliases=(Alias("Wheel.State", {0: "DAPI", 1: "FITC"}), Alias("Wheel.Name")),
    ),
    Setting("P.C", "choice", choices=(1, 2), role="preset", expands={1: {"Z.position_um": 2.0}}),
]


@pytest.mark.parametrize("setting", CASES, ids=lambda setting: setting.name)
def test_a_setting_survives_the_database(setting: Setting) -> None:
    assert setting_from(json.loads(json.dumps(described(setting)))) == setting
