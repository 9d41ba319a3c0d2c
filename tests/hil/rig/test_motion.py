"""What is safe to leave a device at, and stopping in the middle."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.protocol import Setting
from drivers.types import Value
from hil.errors import RigError
from hil.rig.limits import RigLimits, darkest
from hil.rig.motion import RigMotion
from hil.rig.settings import RigSettings
from hil.spec import RigSpec


def test_darkest_knows_shutters_and_lamps(benches: Any) -> None:
    assert darkest(benches["laser"].settings[0]) == 0.0


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (Setting("lamp.power_mw", "float", "mw", -5.0, 5.0), 0.0),
        (Setting("lamp.power_mw", "float", "mw", 2.0, 5.0), 2.0),
        (Setting("lamp.level", "int", "", 1, 9), 1),
        (Setting("shutter.state", "choice", choices=("Open", "Closed")), "Closed"),
        (Setting("shutter.state", "choice", choices=(1, 0)), 0),
        (Setting("wheel.label", "choice", choices=("block", "pass")), "block"),
    ],
)
def test_darkest_is_the_least_light_that_the_device_can_make(
    setting: Setting, value: Value
) -> None:
    assert darkest(setting) == value
    assert type(darkest(setting)) is type(value)


def test_halt_ends_the_rest_after_a_move(benches: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that rings for minutes does not keep anybody from stopping."""
    spec = RigSpec.model_validate(
        {
            "name": "bench",
            "camera": "camera",
            "driver": [{"kind": "bench"}],
            "limits": {"Z.position_um": {"settle_ms": 600_000}},
        }
    )
    motion = RigMotion(RigLimits(RigSettings(benches), spec), spec)
    monkeypatch.setattr(benches["Z"], "settle", lambda timeout_s: motion.halt())
    with pytest.raises(RigError, match="stopped while devices were coming to rest"):
        motion.apply({"Z.position_um": 20.0})
