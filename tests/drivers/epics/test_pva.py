"""PV Access: limits, units, alarms, refusals and lost servers of a soft server on loopback."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import hil
from drivers.epics.kind import KIND
from drivers.errors import (
    ConfigError,
    DeviceFault,
    DeviceLost,
    FrameTimeout,
    SettleTimeout,
    ValueRefused,
)
from hil.errors import HilError, RigError
from tests.drivers.epics.pva_server import SoftPvaServer, pva_table
from tests.drivers.epics.server import EXAMPLE

X = {"name": "x_um", "pv": "pva://DESK:X"}


@pytest.fixture
def server() -> Iterator[SoftPvaServer]:
    running = SoftPvaServer()
    yield running
    running.end()


def opened(server: SoftPvaServer, *settings: dict[str, Any], **changes: Any) -> Any:
    return KIND.open(KIND.options(pva_table(server.port, *settings, **changes), Path()))


class Bounds(NamedTuple):
    said: dict[str, float]
    low: float
    high: float


# The record: control limits -500 to 500, display limits -400 to 800.
BOUNDS = {
    "the record's": Bounds({}, -400.0, 500.0),
    "narrower": Bounds({"low": -50.0, "high": 70.0}, -50.0, 70.0),
    "one end": Bounds({"low": -10.0}, -10.0, 500.0),
}


def test_the_narrower_of_the_records_and_the_rig_files_bounds_hold(server: SoftPvaServer) -> None:
    for case in BOUNDS.values():
        connection = opened(server, {**X, **case.said})
        (setting,) = connection.devices["stand"].describe()
        assert (setting.low, setting.high) == (case.low, case.high)
        with pytest.raises(ValueRefused, match=f"from {case.low:g} to {case.high:g} um"):
            connection.devices["stand"].start({"stand.x_um": case.high + 1})
        connection.close()


class Wrong(NamedTuple):
    setting: dict[str, Any]
    words: str


WRONG = {
    "no bounds": Wrong({"name": "a", "pv": "pva://DESK:LAMP"}, "pva://DESK:LAMP: it has no bounds"),
    "bounds outside": Wrong(
        {**X, "low": 600.0, "high": 700.0}, "outside the record's, -400 to 500"
    ),
    "no choices": Wrong({**X, "choices": ["a"]}, "is a number"),
    "other choices": Wrong(
        {"name": "a", "pv": "pva://DESK:VALVE", "choices": ["ajar"]}, "are closed, open"
    ),
    "another unit": Wrong({**X, "name": "x_mm"}, "the record is in um, its name says mm"),
    "a read-back in another unit": Wrong(
        {"name": "x_mm", "pv": "pva://DESK:STEPS", "readback": "pva://DESK:X:RBV"},
        "the record is in um, its name says mm",
    ),
    "no unit at all": Wrong({**X, "name": "x_v"}, "the record is in um, its name says v"),
    "an image": Wrong({"name": "a", "pv": "pva://DESK:Pva1:Image"}, "of type epics:nt/NTNDArray"),
    "not there": Wrong(
        {"name": "a", "pv": "pva://DESK:NONE"}, "answers for pva://DESK:NONE within 0.5 s"
    ),
}


def test_what_the_record_is_not_is_told_before_anything_is_written(server: SoftPvaServer) -> None:
    for name, case in WRONG.items():
        with pytest.raises((DeviceFault, DeviceLost), match=case.words):
            opened(server, case.setting, timeout_s=0.5 if name == "not there" else 5.0)


def test_limits_without_an_end_are_none(server: SoftPvaServer) -> None:
    ends = {"limitLow": -float("inf"), "limitHigh": float("inf")}
    server.pvs["X"].post({"value": 0.0, "control": ends, "display": {**ends, "limitLow": -4.0}})
    with pytest.raises(DeviceFault, match="it has no bounds"):
        opened(server, X)
    connection = opened(server, {**X, "high": 9.0})
    (setting,) = connection.devices["stand"].describe()
    assert (setting.low, setting.high) == (-4.0, 9.0)
    connection.close()


def test_a_stated_unit_goes_before_the_records(server: SoftPvaServer) -> None:
    connection = opened(server, {**X, "name": "x_mm", "unit": "mm"})
    assert connection.devices["stand"].describe()[0].unit == "mm"
    connection.close()


def test_limits_that_were_narrowed_meanwhile_hold(server: SoftPvaServer) -> None:
    connection = opened(server, X)
    narrowed = {"value": 0.0, "control": {"limitLow": -500.0, "limitHigh": 100.0}}
    server.pvs["X"].post(narrowed)
    with pytest.raises(ValueRefused, match="what its record says now, -400 to 100"):
        connection.devices["stand"].start({"stand.x_um": 200.0})
    connection.close()


def test_what_a_server_refuses_fails_the_command_in_its_words(server: SoftPvaServer) -> None:
    pressure = {"name": "pressure_mbar", "pv": "pva://DESK:PRESSURE", "low": 0, "high": 9}
    connection = opened(server, pressure)
    device = connection.devices["stand"]
    assert device.read("stand.pressure_mbar") == 1.5
    device.start({"stand.pressure_mbar": 2.0})
    with pytest.raises(DeviceFault, match="write pva://DESK:PRESSURE: Put not supported"):
        device.settle(5.0)
    connection.close()
    connection = opened(server, {**pressure, "read_only": True})
    with pytest.raises(ValueRefused, match="read-only"):
        connection.devices["stand"].start({"stand.pressure_mbar": 2.0})
    connection.close()


def test_an_alarm_fails_the_reading_in_the_records_words(server: SoftPvaServer) -> None:
    pressure = {"name": "pressure_mbar", "pv": "pva://DESK:PRESSURE", "read_only": True}
    connection = opened(server, pressure)
    device = connection.devices["stand"]
    server.pvs["PRESSURE"].post(1.5, severity=3, message="sensor")
    with pytest.raises(DeviceFault, match="pva://DESK:PRESSURE is in alarm: invalid, sensor"):
        device.read("stand.pressure_mbar")
    server.pvs["PRESSURE"].post(1.5, severity=2)
    assert device.read("stand.pressure_mbar") == 1.5
    connection.close()


def test_what_a_lost_server_did_not_confirm_is_never_sent_again(server: SoftPvaServer) -> None:
    held: list[Any] = []
    server.pvs["LAMP"].put(lambda pv, op: held.append((float(op.value()), op)))  # never done
    lamp = {"name": "lamp_mw", "pv": "pva://DESK:LAMP", "low": 0, "high": 5, "role": "light"}
    connection = opened(server, lamp, X)
    device = connection.devices["stand"]
    device.start({"stand.lamp_mw": 3.0})
    with pytest.raises(SettleTimeout):
        device.settle(0.2)
    assert [value for value, _ in held] == [3.0]
    server.end()
    with pytest.raises(DeviceLost, match="pva://DESK:LAMP is disconnected"):
        device.settle(5.0)
    server.begin()
    assert device.read("stand.x_um") == 0.0, "it is found again by itself"
    assert [value for value, _ in held] == [3.0], "and nothing but what is asked for is sent"
    connection.close()


def test_images_are_the_servers_pixels(server: SoftPvaServer) -> None:
    connection = opened(server)
    camera = connection.devices["camera"]
    frames = list(camera.capture(2, 5.0))
    assert [frame.pixels.shape for frame in frames] == [(64, 64)] * 2
    assert frames[0].pixels.dtype == np.uint16 and frames[0].meta.saturation_adu == 65535
    last = server.pvs["Pva1:Image"].current()
    assert np.array_equal(frames[1].pixels.ravel(), last["value"]) and last["uniqueId"] == 2
    connection.close()


class Image(NamedTuple):
    pixels: Any
    changes: dict[str, Any]
    words: str


IMAGES = {
    "colours": Image(np.ones((4, 5, 3), np.uint8), {}, "3 x 5 x 4 of uint8, allowed"),
    "fractions": Image(np.ones((4, 5)), {}, "5 x 4 of float64, allowed"),
    "signed": Image(np.ones((4, 5), np.int16), {}, "5 x 4 of int16, allowed"),
    "compressed": Image(np.ones((4, 5), np.uint8), {"codec.name": "blosc"}, "by blosc, allowed"),
    "an alarm": Image(np.ones((4, 5), np.uint8), {"alarm.severity": 3}, "in alarm: invalid"),
    "too bright": Image(np.full((4, 5), 4096, np.uint16), {}, "at 4096, above bit_depth's 4095"),
    "missing pixels": Image(
        np.ones((4, 5), np.uint8), {"dimension": [{"size": 5}, {"size": 5}]}, "20 of 25 pixels came"
    ),
}


def test_what_is_no_image_is_refused(server: SoftPvaServer) -> None:
    from p4p.nt import NTNDArray

    camera = {"prefix": "pva://DESK:", "pva": "Pva1:", "bit_depth": 12}
    connection = opened(server, camera=camera)
    taken: list[Any] = []
    server.stand.exposed = lambda: server.pvs["Pva1:Image"].post(taken[-1])
    for number, case in enumerate(IMAGES.values(), 7):
        image = NTNDArray().wrap(case.pixels)
        said = {"codec.name": "", "alarm.severity": 0, "uniqueId": number}
        for field, value in (said | case.changes).items():
            image[field] = value
        taken.append(image)
        with pytest.raises(DeviceFault, match=case.words):
            list(connection.devices["camera"].capture(1, 5.0))
    connection.close()


def test_a_frame_that_does_not_come_is_late(server: SoftPvaServer) -> None:
    connection = opened(server)
    server.stand.exposed = lambda: None
    with pytest.raises(FrameTimeout, match=r"frame 0 did not come within 0\.05 s"):
        list(connection.devices["camera"].capture(1, 0.05))
    connection.close()


def test_a_rig_loses_its_server_and_says_so_and_has_it_back(
    server: SoftPvaServer, tmp_path: Path
) -> None:
    text = (EXAMPLE / "pva_rig.toml").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:5076", f"127.0.0.1:{server.port}").replace(
        'label = "stand"', 'label = "stand"\ntimeout_s = 1.0'
    )
    (tmp_path / "rig.toml").write_text(text, encoding="utf-8")
    rig = hil.load_rig(tmp_path / "rig.toml")
    try:
        assert rig.apply({"stand.x_um": 40.0}) == {"stand.x_um": pytest.approx(40.0)}
        assert rig.read("stand.lamp_mw") == {"stand.lamp_mw": 1.0}
        server.end()
        with pytest.raises(RigError, match=r"stand is gone: pva://DESK:X.* is disconnected"):
            rig.apply({"stand.x_um": 50.0})
        server.begin()
        waiting = threading.Event()
        for _ in range(100):
            try:
                assert rig.apply({"stand.x_um": 60.0}) == {"stand.x_um": pytest.approx(60.0)}
                break
            except HilError:
                waiting.wait(0.1)
        else:
            pytest.fail("it is not found again")
        assert rig.park() == []
        assert rig.read("stand.lamp_mw") == {"stand.lamp_mw": 0.0}
    finally:
        rig.close()


def test_each_name_needs_the_client_of_its_protocol_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "caproto", None)
    table = pva_table(1)
    assert KIND.options(table, Path()).camera is not None
    assert "epics:DESK:X" in KIND.resources(KIND.options(table, Path()))
    monkeypatch.setitem(sys.modules, "p4p", None)
    words = r'a name with pva:// needs p4p: .*"hil-imaging\[epics-pva\]"'
    with pytest.raises(ConfigError, match=words):
        KIND.options(table, Path())
    one_image = {"prefix": "DESK:", "pva": "Pva1:", "bit_depth": 12}
    monkeypatch.delitem(sys.modules, "caproto")
    with pytest.raises(ConfigError, match=words):
        KIND.options({**table, "settings": [], "camera": one_image}, Path())


def test_a_lamp_goes_out_whatever_stop_is_not_answered(server: SoftPvaServer) -> None:
    stand, written, go = server.stand, server.stand.written, threading.Event()

    def stuck(name: str, pv: Any, op: Any) -> None:
        if name == "X:STOP":
            go.wait(10.0)
        written(name, pv, op)

    stand.written = stuck
    stop = {"stop": "pva://DESK:X:STOP"}
    lamp = {"name": "power_mw", "pv": "pva://DESK:LAMP", "low": 0, "high": 9}
    connection = opened(server, {**X, **stop}, lamp, timeout_s=1.0)
    device = connection.devices["stand"]
    device.start({"stand.x_um": 300.0})
    device.stop()
    device.start({"stand.power_mw": 0.5})
    device.settle(5.0)
    assert device.read("stand.power_mw") == 0.5
    with pytest.raises(DeviceLost, match="X:STOP did not answer within 1 s"):
        device.start({"stand.x_um": -1.0})
    go.set()
    connection.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are listed on Linux")
def test_a_move_that_was_replaced_ends_nowhere(server: SoftPvaServer) -> None:
    stand, held, go = server.stand, threading.Event(), threading.Event()
    move = stand.moved

    def late(goal: float) -> None:
        if goal == 300.0:
            held.set()
            go.wait(0.1)  # the machine is busy: what comes in its place is sent meanwhile
        move(goal)

    stand.moved = late
    connection = opened(server, {**X, "readback": "pva://DESK:X:RBV"})
    device = connection.devices["stand"]
    device.start({"stand.x_um": 300.0})
    assert held.wait(5.0)
    device.start({"stand.x_um": -123.4})
    device.settle(5.0)
    time.sleep(0.15)
    assert device.read("stand.x_um") == -123.4
    connection.close()


def test_a_stop_that_a_busy_server_heeds_late_does_not_end_the_next_move(
    server: SoftPvaServer,
) -> None:
    stand, written, later = server.stand, server.stand.written, server.stand.later

    def busy(name: str, pv: Any, op: Any) -> None:
        if name == "X:STOP":
            time.sleep(0.2)
        written(name, pv, op)

    stand.written = busy
    stand.later = lambda seconds, *what: later(seconds + 0.4, *what)  # slow moves
    stop = {"readback": "pva://DESK:X:RBV", "stop": "pva://DESK:X:STOP"}
    connection = opened(server, {**X, **stop})
    device = connection.devices["stand"]
    device.start({"stand.x_um": 300.0})
    device.stop()
    device.start({"stand.x_um": -123.4})
    device.settle(5.0)
    assert device.read("stand.x_um") == -123.4
    connection.close()


def test_a_connection_leaves_no_file_open(server: SoftPvaServer) -> None:
    def n_open() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = n_open()
    opened(server, X).close()
    with pytest.raises(DeviceFault):
        opened(server, {**X, "name": "x_v"})
    assert n_open() <= before


def test_news_that_the_library_drops_while_it_subscribes_is_asked_for_again(
    server: SoftPvaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does so on a busy machine: the news comes before it has noted what it is news of."""
    from p4p.client import thread

    subscribe, heard = thread.Context.monitor, thread.Subscription._event
    subscribing = threading.Event()

    def slowly(*args: Any, **options: Any) -> Any:
        subscribing.set()
        try:
            watch = subscribe(*args, **options)
            threading.Event().wait(0.3)
        finally:
            subscribing.clear()
        return watch

    def dropped(watch: Any) -> None:
        if not subscribing.is_set():
            heard(watch)

    monkeypatch.setattr(thread.Context, "monitor", slowly)
    monkeypatch.setattr(thread.Subscription, "_event", dropped)
    connection = opened(server, X, timeout_s=2.0)
    assert connection.devices["stand"].read("stand.x_um") == 0.0
    connection.close()
