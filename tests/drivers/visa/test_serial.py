"""A real serial line, as far as a pseudo-terminal is one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from drivers.visa.kind import KIND
from tests.drivers.visa.test_instrument import POWER

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


def test_a_setting_goes_over_the_line_and_back(port: str) -> None:
    table = {
        "resource": f"ASRL{port}::INSTR",
        "label": "laser",
        "settings": [POWER],
        "ends": "\r",
        "answers_end": "\r\n",
        "serial": {"baud_rate": 115200, "parity": "none"},
        "timeout_s": 1.0,
    }
    connection = KIND.open(KIND.options(table, Path()))
    laser = connection.devices["laser"]
    for value in (12.5, 0.25, 50.0):
        laser.start({"laser.power_mw": value})
        laser.settle(1.0)
        assert laser.read("laser.power_mw") == value
    connection.close()
    connection.close()
