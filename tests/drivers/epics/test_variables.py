"""What servers do to a rig: limits of records, alarms, read-only records, lost connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import hil
from drivers.epics.kind import KIND
from drivers.errors import DeviceFault, DeviceLost, SettleTimeout, ValueRefused
from hil.errors import HilError, RigError
from tests.drivers.epics.pva_server import SoftPvaServer
from tests.drivers.epics.server import EXAMPLE, SoftServer, table

X = "stand.x_um"


@pytest.fixture(scope="module")
def server() -> Iterator[SoftServer]:
    running = SoftServer()
    yield running
    running.end()


def opened(server: SoftServer, *settings: dict[str, Any], **changes: Any) -> Any:
    said = table(server.address) | changes
    said.pop("camera")
    if settings:
        said["settings"] = list(settings)
    return KIND.open(KIND.options(said, Path()))


class Bounds(NamedTuple):
    said: dict[str, float]
    low: float
    high: float


# The record: control limits -500 to 500, display limits -400 to 800.
BOUNDS = {
    "the record's": Bounds({}, -400.0, 500.0),
    "narrower": Bounds({"low": -50.0, "high": 70.0}, -50.0, 70.0),
    "wider": Bounds({"low": -9999.0, "high": 9999.0}, -400.0, 500.0),
    "one end": Bounds({"low": -10.0}, -10.0, 500.0),
}


@pytest.mark.parametrize("case", BOUNDS.values(), ids=BOUNDS)
def test_the_narrower_of_the_records_and_the_rig_files_bounds_hold(
    case: Bounds, server: SoftServer
) -> None:
    connection = opened(server, {"name": "x_um", "pv": "DESK:X", **case.said})
    (setting,) = connection.devices["stand"].describe()
    assert (setting.low, setting.high) == (case.low, case.high)
    with pytest.raises(ValueRefused, match=f"from {case.low:g} to {case.high:g} um"):
        connection.devices["stand"].start({X: case.high + 1})
    connection.close()


class Wrong(NamedTuple):
    setting: dict[str, Any]
    words: str


WRONG = {
    "another unit": Wrong(
        {"name": "x_mm", "pv": "DESK:X"}, "the record is in um, its name says mm"
    ),
    "no bounds": Wrong({"pv": "DESK:LAMP"}, "DESK:LAMP: it has no bounds"),
    "bounds outside": Wrong(
        {"pv": "DESK:X", "low": 600.0, "high": 700.0}, "lie outside the record's, -400 to 500"
    ),
    "no number": Wrong({"pv": "DESK:VALVE", "low": 0.0, "high": 1.0}, "has choices"),
    "no choices": Wrong({"pv": "DESK:X", "choices": ["a"]}, "is a number"),
    "other choices": Wrong({"pv": "DESK:VALVE", "choices": ["ajar"]}, "are closed, open"),
    "not there": Wrong({"pv": "DESK:NONE"}, "no server answers for DESK:NONE within 0.5 s"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_what_the_record_is_not_is_told_before_anything_is_written(
    case: Wrong, server: SoftServer
) -> None:
    with pytest.raises((DeviceFault, DeviceLost), match=case.words):
        opened(server, {"name": "x_um", **case.setting}, timeout_s=0.5)


def test_a_read_only_record_is_read_and_never_written(server: SoftServer) -> None:
    connection = opened(server, {"name": "pressure_mbar", "pv": "DESK:PRESSURE"})
    device = connection.devices["stand"]
    assert device.read("stand.pressure_mbar") == 1.5
    with pytest.raises(ValueRefused, match="read-only"):
        device.start({"stand.pressure_mbar": 1.0})
    connection.close()


def test_an_alarm_fails_the_reading_in_the_records_words(server: SoftServer) -> None:
    connection = opened(
        server,
        {"name": "pressure_mbar", "pv": "DESK:PRESSURE"},
        {"name": "sick", "pv": "DESK:SICK", "low": 0, "high": 1},
    )
    device = connection.devices["stand"]
    device.start({"stand.sick": 1})
    device.settle(5.0)
    with pytest.raises(DeviceFault, match="DESK:PRESSURE is in alarm: invalid, READ"):
        device.read("stand.pressure_mbar")
    device.start({"stand.sick": 0})
    device.settle(5.0)
    assert device.read("stand.pressure_mbar") == 1.5
    connection.close()


def test_variables_of_both_protocols_make_one_device(server: SoftServer) -> None:
    other = SoftPvaServer()
    connection = opened(
        server,
        {"name": "x_um", "pv": "DESK:X"},
        {"name": "y_um", "pv": "pva://DESK:X", "readback": "pva://DESK:X:RBV"},
        addresses=[server.address, f"pva://127.0.0.1:{other.port}"],
    )
    device = connection.devices["stand"]
    device.start({X: 3.0, "stand.y_um": -4.0})
    device.settle(5.0)
    assert (device.read(X), device.read("stand.y_um")) == (3.0, -4.0)
    assert set(connection.versions) == {"caproto", "p4p"}
    other.end()
    with pytest.raises(DeviceLost, match="pva://DESK:X:RBV is disconnected"):
        device.read("stand.y_um")
    assert device.read(X) == 3.0
    connection.close()


def test_a_move_that_is_never_done_is_stopped(server: SoftServer) -> None:
    connection = opened(
        server,
        {"name": "x_um", "pv": "DESK:X", "readback": "DESK:X:RBV", "done": "DESK:X:DONE",
         "done_value": 5, "stop": "DESK:X:STOP"},
    )  # fmt: skip
    device = connection.devices["stand"]
    device.start({X: 7.0})
    with pytest.raises(SettleTimeout, match=r"x_um did not settle at 7\.0 um within 0\.3 s"):
        device.settle(0.3)
    connection.close()


def test_a_rig_loses_its_server_and_says_so_and_has_it_back(tmp_path: Path) -> None:
    server = SoftServer()
    text = (EXAMPLE / "rig.toml").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:5064", server.address).replace(
        'label = "stand"', 'label = "stand"\ntimeout_s = 1.0'
    )
    (tmp_path / "rig.toml").write_text(text, encoding="utf-8")
    rig = hil.load_rig(tmp_path / "rig.toml")
    try:
        assert rig.apply({X: 40.0}) == {X: pytest.approx(40.0)}
        assert rig.read("stand.lamp_mw") == {"stand.lamp_mw": 1.0}
        server.end()
        # what the network has told the client by then differs: both mean that it is gone
        gone = r"stand is gone: DESK:X\S* (is disconnected|did not answer within 1 s)$"
        with pytest.raises(RigError, match=gone):
            rig.apply({X: 50.0})
        server.begin()
        waiting = threading.Event()
        for _ in range(100):
            try:
                assert rig.apply({X: 60.0}) == {X: pytest.approx(60.0)}
                break
            except HilError:
                waiting.wait(0.1)
        else:
            pytest.fail("it is not found again")
        assert rig.park() == []
        assert rig.read("stand.lamp_mw") == {"stand.lamp_mw": 0.0}
    finally:
        rig.close()
        server.end()


def test_without_caproto_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from drivers.errors import ConfigError

    monkeypatch.setitem(sys.modules, "caproto", None)
    with pytest.raises(ConfigError, match=r'needs caproto: .*"hil-imaging\[epics\]"'):
        KIND.options(table("127.0.0.1"), Path())
