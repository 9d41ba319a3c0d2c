"""A real serial line, as far as a pseudo-terminal is one."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from drivers.visa.kind import KIND
from tests.drivers.visa.test_instrument import POWER, Laser

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


@pytest.fixture
def port() -> Iterator[str]:
    """The name of a port behind which a laser answers, byte by byte."""
    import tty

    ours, theirs = os.openpty()
    tty.setraw(theirs)
    laser = Laser()
    done = threading.Event()

    def serve() -> None:
        line = b""
        with suppress(OSError):
            while not done.is_set():
                line += os.read(ours, 1)
                if line.endswith(b"\r"):
                    if answer := laser(line.decode().strip()):
                        assert isinstance(answer, bytes)
                        for byte in answer.replace(b"\n", b"\r\n"):
                            os.write(ours, bytes([byte]))
                    line = b""

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield os.ttyname(theirs)
    done.set()
    os.write(theirs, b"\r")
    thread.join(5)
    os.close(ours)
    os.close(theirs)


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
