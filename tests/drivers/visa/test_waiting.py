"""Lines of a process that holds more files than `select` can count."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.errors import DeviceFault, DeviceLost
from drivers.visa.waiting import WideSelect, wait_widely
from tests.drivers.visa.soft import soft_instrument
from tests.drivers.visa.test_instrument import Laser, opened

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows counts otherwise")
# FD_SETSIZE of Linux and macOS.
MOST = 1024


@pytest.fixture
def many_files() -> Iterator[None]:
    """Every descriptor below 1,024 is taken."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = MOST + 100
    if soft < need and hard != resource.RLIM_INFINITY and hard < need:
        pytest.skip(f"this system allows {hard} open files, {need} are needed")
    if soft < need:
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard))
    first = os.open(os.devnull, os.O_RDONLY)
    held = [first]
    try:
        while held[-1] < MOST:
            held.append(os.dup(first))
        yield
    finally:
        for one in held:
            os.close(one)
        if soft < need:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def line(many_files: None, port: str) -> str:
    """A port, opened when no low descriptor is left."""
    return port


def test_a_serial_line_is_asked_and_waited_for_in_vain(line: str) -> None:
    from drivers.visa.kind import KIND

    power = {"name": "power_mw", "set": "POW {value:.2f}", "get": "POW?", "low": 0.0, "high": 50.0}
    mute = {"name": "mute_mw", "set": "X {value}", "get": "MUTE?", "low": 0.0, "high": 1.0}
    table = {
        "resource": f"ASRL{line}::INSTR",
        "label": "laser",
        "settings": [power, mute],
        "ends": "\r",
        "answers_end": "\r\n",
        "timeout_s": 1.0,
    }
    connection = KIND.open(KIND.options(table, Path()))
    laser = connection.devices["laser"]
    laser.start({"laser.power_mw": 12.5})
    assert laser.read("laser.power_mw") == 12.5
    with pytest.raises(DeviceFault, match=r"no answer to 'MUTE\?' within 1 s"):
        laser.read("laser.mute_mw")
    assert laser.read("laser.power_mw") == 12.5
    connection.close()


def test_a_socket_is_asked_waited_for_in_vain_and_lost(many_files: None) -> None:
    instrument = Laser()
    with soft_instrument(instrument) as soft:
        connection = opened(soft)
        laser = connection.devices["laser"]
        laser.start({"laser.power_mw": 12.5})
        assert laser.read("laser.power_mw") == 12.5
        instrument.odd["POW?"] = b""
        with pytest.raises(DeviceFault, match="no answer"):
            laser.read("laser.power_mw")
        instrument.odd["POW?"] = None
        with pytest.raises((DeviceFault, DeviceLost)):
            laser.read("laser.power_mw")
        connection.close()


def test_what_is_ready_is_the_same_however_many_files_are_open(many_files: None) -> None:
    wide = WideSelect()
    readable, write_end = os.pipe()
    try:
        assert readable > MOST
        assert wide.select([readable], [write_end], [], 0) == ([], [write_end], [])
        os.write(write_end, b"x")
        assert wide.select([readable], [write_end], [readable], None) == (
            [readable],
            [write_end],
            [],
        )
        with pytest.raises(ValueError, match="out of range"):
            select.select([readable], [], [], 0)
    finally:
        os.close(readable)
        os.close(write_end)


def test_a_closed_descriptor_is_an_error_not_a_wait() -> None:
    with pytest.raises(ValueError, match="file descriptor"):
        WideSelect().select([-1], [], [], None)


def test_the_libraries_wait_widely_once() -> None:
    import serial.serialposix as posix

    wait_widely()
    before = posix.select
    wait_widely()
    assert posix.select is before
    assert before.poll is select.poll
