"""Records that are not what a setting can be, or do not stay what they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.epics.kind import KIND
from drivers.errors import DeviceFault, ValueRefused
from tests.drivers.epics.server import SoftServer


@pytest.fixture(scope="module")
def server() -> Iterator[SoftServer]:
    running = SoftServer(Path(__file__).parent / "odd_ioc.py")
    yield running
    running.end()


def opened(server: SoftServer, *settings: dict[str, Any]) -> Any:
    table = {"label": "desk", "addresses": [server.address], "settings": list(settings)}
    return KIND.open(KIND.options(table, Path()))


WRONG = {
    "a waveform": ({"pv": "DESK:WAVE", "low": 0.0, "high": 1.0}, "it holds 3 values, allowed: one"),
    "a unit spelt out": (
        {"name": "x_mm", "pv": "DESK:SPELT"},
        "the record is in Microns, its name says mm",
    ),
    "another scale": ({"name": "t_degc", "pv": "DESK:T"}, "the record is in K, its name says degc"),
    "no end": ({"pv": "DESK:ENDLESS", "low": 0.0}, "it has no bounds: neither the record states"),
    "states of one name": ({"pv": "DESK:TWINS"}, "two of its choices have one name: a, b, b"),
}


@pytest.mark.parametrize(("setting", "words"), WRONG.values(), ids=WRONG)
def test_what_is_no_setting_is_refused_when_it_is_opened(
    setting: dict[str, Any], words: str, server: SoftServer
) -> None:
    with pytest.raises(DeviceFault, match=words):
        opened(server, {"name": "a", **setting})


def test_a_unit_spelt_out_is_the_same_unit(server: SoftServer) -> None:
    connection = opened(
        server,
        {"name": "x_um", "pv": "DESK:SPELT"},
        {"name": "t_k", "pv": "DESK:T"},
    )
    desk = connection.devices["desk"]
    desk.start({"desk.x_um": 7.0})
    desk.settle(5.0)
    assert desk.read("desk.x_um") == 7.0
    connection.close()


def test_what_a_server_refuses_fails_the_command_at_once(server: SoftServer) -> None:
    connection = opened(server, {"name": "a", "pv": "DESK:LOCKED"}, {"name": "b", "pv": "DESK:T"})
    desk = connection.devices["desk"]
    desk.start({"desk.a": 2.0})
    with pytest.raises(DeviceFault, match="write DESK:LOCKED: Channel write request failed"):
        desk.settle(20.0)
    assert desk.read("desk.a") == 1.0
    desk.start({"desk.b": 300.0})  # the next command is judged by its own answer
    desk.settle(20.0)
    connection.close()


def test_states_that_the_rig_file_leaves_out_are_neither_set_nor_read(server: SoftServer) -> None:
    connection = opened(
        server,
        {"name": "valve", "pv": "DESK:VALVE", "choices": ["open", "closed"]},
        {"name": "any", "pv": "DESK:VALVE"},
    )
    desk = connection.devices["desk"]
    assert desk.describe()[0].choices == ("open", "closed")
    with pytest.raises(ValueRefused, match="one of 'open', 'closed'"):
        desk.start({"desk.valve": "moving"})
    for state in ("open", "closed"):
        desk.start({"desk.valve": state})
        desk.settle(5.0)
        assert desk.read("desk.valve") == desk.read("desk.any") == state
    desk.start({"desk.any": "moving"})
    desk.settle(5.0)
    with pytest.raises(DeviceFault, match="the record says 'moving'"):
        desk.read("desk.valve")
    connection.close()


def test_limits_that_were_narrowed_meanwhile_hold(server: SoftServer) -> None:
    connection = opened(
        server,
        {"name": "x_um", "pv": "DESK:X"},
        {"name": "narrow_um", "pv": "DESK:NARROW", "low": 0.0, "high": 900.0},
    )
    desk = connection.devices["desk"]
    desk.start({"desk.x_um": 400.0})
    desk.settle(5.0)
    desk.start({"desk.narrow_um": 100.0})
    desk.settle(5.0)
    with pytest.raises(ValueRefused, match="what its record says now, -500 to 100"):
        desk.start({"desk.x_um": 200.0})
    desk.start({"desk.x_um": 50.0})
    desk.settle(5.0)
    desk.start({"desk.narrow_um": 900.0})  # wider than the rig took note of
    desk.settle(5.0)
    with pytest.raises(ValueRefused):
        desk.start({"desk.x_um": 600.0})
    connection.close()


def test_what_is_no_number_is_no_reading(server: SoftServer) -> None:
    connection = opened(server, {"name": "nan", "pv": "DESK:NAN"})
    with pytest.raises(DeviceFault, match="the record says nan"):
        connection.devices["desk"].read("desk.nan")
    connection.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are listed on Linux")
def test_a_connection_leaves_no_file_open(server: SoftServer) -> None:
    def n_open() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = n_open()
    for _ in range(2):
        opened(server, {"name": "x_um", "pv": "DESK:X"}).close()
    with pytest.raises(DeviceFault):
        opened(server, {"name": "a", "pv": "DESK:TWINS"})
    assert n_open() <= before
