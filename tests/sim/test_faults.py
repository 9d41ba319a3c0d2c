"""Faults on purpose: scripted, in time, or at random by a seed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.errors import ConfigError, DeviceFault
from drivers.protocol import Camera
from hil.rig.driver_kinds import driver_kind
from sim.faults import FaultyConnection
from sim.frame_faults import FRAME_FAULTS

AROUND = {"kind": "sim.microscope", "seed": 1, "height_px": 32, "width_px": 32, "scene_um": 30}


def connect(*faults: dict[str, Any], seed: int = 0) -> FaultyConnection:
    kind = driver_kind("faulty")
    table = {"around": AROUND, "seed": seed, "fault": list(faults)}
    connection = kind.open(kind.options(table, Path.cwd()))
    assert isinstance(connection, FaultyConnection)
    return connection


def capture(connection: FaultyConnection, n: int = 2) -> list[Any]:
    camera = connection.devices["camera"]
    assert isinstance(camera, Camera)
    return list(camera.capture(n, 5))


def test_without_a_fault_it_is_the_wrapped_driver() -> None:
    plain = driver_kind("sim.microscope")
    rest = {key: value for key, value in AROUND.items() if key != "kind"}
    real = plain.open(plain.options(rest, Path.cwd()))
    faulty = connect()
    assert list(faulty.devices) == list(real.devices)
    camera = real.devices["camera"]
    assert isinstance(camera, Camera)
    for one, other in zip(capture(faulty), camera.capture(2, 5), strict=True):
        assert np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("name", ["dark", *FRAME_FAULTS])
def test_a_fault_of_frames_strikes_the_call_that_the_script_names(name: str) -> None:
    spoilt = connect({"fault": name, "at": [2]})
    clean = connect()
    for number in (1, 2, 3):
        ours, theirs = capture(spoilt), capture(clean)
        same = len(ours) == len(theirs) and all(
            a.meta.exposure_ms == b.meta.exposure_ms
            and a.pixels.dtype == b.pixels.dtype
            and np.array_equal(a.pixels, b.pixels)
            for a, b in zip(ours, theirs, strict=True)
        )
        assert same == (number != 2)


def test_read_backs_lie_and_commands_are_ignored() -> None:
    connection = connect(
        {"fault": "read_nan", "setting": "focus.z_um", "at": [1]},
        {"fault": "read_off", "setting": "focus.z_um", "at": [2], "amount": 2.5},
        {"fault": "ignored", "device": "focus", "at": [1]},
    )
    focus = connection.devices["focus"]
    focus.start({"focus.z_um": 1.0})
    focus.settle(5)
    assert math.isnan(float(focus.read("focus.z_um")))
    assert [focus.read("focus.z_um") for _ in range(2)] == [2.5, 0.0]


def test_a_read_back_comes_late() -> None:
    late = {"fault": "read_late", "device": "focus", "at": [2], "reads": 2}
    focus = connect(late).devices["focus"]
    for z_um in (1.0, 2.0):
        focus.start({"focus.z_um": z_um})
        focus.settle(5)
    assert [focus.read("focus.z_um") for _ in range(3)] == [1.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "error"),
    [("os_error", OSError), ("timeout_error", TimeoutError), ("device_fault", DeviceFault)],
)
def test_a_call_raises(name: str, error: type[Exception]) -> None:
    connection = connect({"fault": name, "call": "settle", "device": "focus", "at": [1]})
    with pytest.raises(error):
        connection.devices["focus"].settle(5)
    connection.devices["focus"].settle(5)
    assert connection.script.counts == {name: 1}


def test_a_fault_holds_for_a_span_of_the_devices_time() -> None:
    connection = connect({"fault": "frame_missing", "from_s": 0.05, "to_s": 0.2})
    assert connection.device_s is not None
    n_frames = []
    for _ in range(12):
        now_s = connection.device_s()
        n_frames.append((0.05 <= now_s <= 0.2, len(capture(connection)) == 1))
    assert all(due == missing for due, missing in n_frames)
    assert {due for due, _ in n_frames} == {True, False}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"around": {"kind": "sim.nothing"}}, "around.kind"),
        ({"around": {**AROUND, "heigth_px": 3}}, "around.heigth_px"),
        ({"inner": 3}, "inner"),
    ],
)
def test_what_is_wrong_is_refused_with_its_key(change: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        driver_kind("faulty").options({"around": AROUND, **change}, Path.cwd())
    assert caught.value.key == key
