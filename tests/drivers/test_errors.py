"""What goes wrong is said in the words of the rig, and carries its data."""

from __future__ import annotations

import inspect

import pytest

from drivers import errors
from drivers.errors import (
    ConfigError,
    DriverError,
    FrameLost,
    NotReached,
    SettleTimeout,
    ValueRefused,
)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            SettleTimeout("Z.position_um", 5.0, 3.2, 10.0, "um"),
            "Z.position_um did not settle at 5.0 um within 10 s, last seen at 3.2 um",
        ),
        (NotReached("W.Label", "FITC", "DAPI"), "W.Label was set to FITC and reads back DAPI"),
        (ValueRefused("Z.um", 7, "0 to 5"), "Z.um = 7 refused, allowed: 0 to 5"),
        (FrameLost("cam", 5, 3, "overflow"), "cam: 3 of 5 frames came: overflow"),
        (ConfigError("config", "no such file"), "config: no such file"),
        (ConfigError("", "no such file"), "no such file"),
    ],
)
def test_messages_name_setting_value_and_unit(error: DriverError, says: str) -> None:
    assert str(error) == says


def test_all_have_one_root() -> None:
    public = [cls for _, cls in inspect.getmembers(errors, inspect.isclass)]
    assert len(public) > 8
    assert all(issubclass(cls, DriverError) for cls in public)
