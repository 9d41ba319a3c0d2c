"""No vector leaves the bounds of the actuators, whatever modes are asked for."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.errors import (
    DeviceFault,
    NotReached,
    SettleTimeout,
    ValueRefused,
)
from drivers.modal.array import array_kind
from drivers.modal.device import Mechanics, ModalDevice
from drivers.modal.kind import ModalTable, check_modes
from drivers.modal.memory import MemoryArray, MemoryOptions
from tests.drivers.modal.mirrors import MODES, layout, write_mirror

N = 140


class Recorded(MemoryArray):
    """Keeps every vector that came."""

    def __init__(self) -> None:
        super().__init__(MemoryOptions(actuators=N))
        self.log: list[NDArray[np.float64]] = []
        self.shift = 0.0

    def send(self, vector: NDArray[np.float64]) -> None:
        self.log.append(vector.copy())
        super().send(vector)

    def read(self) -> NDArray[np.float64]:
        found = super().read()
        found[7] += self.shift
        return found


def mirror(folder: Path, **changes: Any) -> tuple[ModalDevice, Recorded]:
    table = {**write_mirror(folder), **changes}
    del table["array"]
    checked = check_modes(ModalTable.model_validate(table), folder, array_kind("memory"))
    array = Recorded()
    device = ModalDevice(checked.label, array, checked.basis, checked.bounds, checked.mechanics)
    return device, array


def seen_outside(vector: NDArray[np.float64], **bounds: float) -> str:
    """Judge a vector without the code under test."""
    slack = 1e-7
    if vector.min() < bounds["low"] - slack or vector.max() > bounds["high"] + slack:
        return "an actuator"
    if vector.sum() > bounds["sum_high"] + slack * N:
        return "the sum"
    if np.abs(vector).sum() > bounds.get("sum_abs", np.inf) + slack * N:
        return "the sum of magnitudes"
    grid = np.full(layout().shape, np.nan)
    grid[layout() >= 0] = vector
    for axis in (0, 1):
        if np.nanmax(np.abs(np.diff(grid, axis=axis))) > bounds["neighbour"] + slack:
            return "neighbours"
    return ""


CASES = [
    ("straight", 0.0, {}),
    ("from below", 0.05, {}),
    ("from far below", 0.4, {"sum_low": 60.0}),
    ("around 0", 0.05, {"low": -0.5, "high": 0.5, "flat": 0.02, "sum_abs_max": 25.0}),
]


@pytest.mark.parametrize(("name", "backlash", "changes"), CASES, ids=[c[0] for c in CASES])
def test_20_000_random_commands_leave_no_bound(
    name: str, backlash: float, changes: dict[str, Any], tmp_path: Path
) -> None:
    device, array = mirror(tmp_path, backlash=backlash, **changes)
    settings = device.describe()
    rng = np.random.default_rng(11)
    refused = 0
    for _ in range(5000):
        chosen = rng.permutation(len(settings))[: rng.integers(1, len(settings) + 1)]
        scale = rng.choice([0.05, 0.3, 1.0])
        values = {
            settings[i].name: float(scale * rng.uniform(settings[i].low, settings[i].high))
            for i in chosen
        }
        before = len(array.log)
        try:
            device.start(values)
        except ValueRefused as error:
            refused += 1
            assert len(array.log) == before
            assert error.setting in values
            continue
        if rng.random() < 0.05:
            device.stop()
        try:
            device.settle(1.0)
        except NotReached:
            continue
        for setting, value in values.items():
            assert abs(float(device.read(setting)) - value) < 1e-6
    bounds = {
        "low": changes.get("low", 0.0),
        "high": changes.get("high", 1.0),
        "sum_high": 75.0,
        "sum_abs": changes.get("sum_abs_max", np.inf),
        "neighbour": 0.3,
    }
    assert {seen_outside(vector, **bounds) for vector in array.log} == {""}
    assert 100 < refused < 4900, "both kinds of commands were tried"
    assert len(array.log) > 1 + (5000 - refused) * (1.5 if backlash else 0.99)


def test_each_mode_reaches_both_ends_of_the_range_it_states(tmp_path: Path) -> None:
    device, array = mirror(tmp_path)
    for setting in device.describe():
        for end in (setting.low, setting.high, 0.0):
            device.start({setting.name: end})
        assert setting.low < -50
        assert setting.high > 50
    assert len(array.log) == 1 + 3 * len(MODES)


def test_one_vector_a_command_and_two_from_below(tmp_path: Path) -> None:
    device, array = mirror(tmp_path)
    device.start({f"mirror.{mode}": 10.0 for mode in MODES})
    device.settle(1.0)
    assert len(array.log) == 2  # the flat was the first
    device, array = mirror(tmp_path, backlash=0.03)
    for sign in (1, -1):
        device.start({f"mirror.{mode}": sign * 10.0 for mode in MODES})
        device.settle(1.0)
        lower, there = array.log[-2:]
        assert np.allclose(there - lower, 0.03)


def test_what_was_not_asked_for_stays(tmp_path: Path) -> None:
    device, _ = mirror(tmp_path)
    device.start({"mirror.z4_nm": 20.0})
    device.start({"mirror.z7_nm": -5.0})
    assert device.read("mirror.z4_nm") == pytest.approx(20.0)
    assert device.read("mirror.z7_nm") == pytest.approx(-5.0)


def test_a_refused_command_names_the_actuator_and_changes_nothing(tmp_path: Path) -> None:
    device, array = mirror(tmp_path)
    high = {s.name: s.high for s in device.describe()}
    device.start({"mirror.z5_nm": high["mirror.z5_nm"]})
    with pytest.raises(ValueRefused, match=r"actuator|neighbours|sum") as caught:
        device.start({"mirror.z4_nm": high["mirror.z4_nm"]})
    assert caught.value.setting == "mirror.z4_nm"
    assert len(array.log) == 2
    assert device.read("mirror.z4_nm") == pytest.approx(0.0, abs=1e-9)


def test_a_stop_on_the_way_sends_nothing_more(tmp_path: Path) -> None:
    device, array = mirror(tmp_path, backlash=0.03, rest_ms=20.0)
    device.start({"mirror.z4_nm": 20.0})
    device.stop()
    with pytest.raises(NotReached, match="z4_nm"):
        device.settle(1.0)
    assert len(array.log) == 2
    device.start({"mirror.z5_nm": 3.0})
    device.settle(1.0)
    assert device.read("mirror.z4_nm") == pytest.approx(0.0, abs=1e-9), "where it was before"


def test_a_slow_array_is_waited_for_and_not_longer(tmp_path: Path) -> None:
    device, _ = mirror(tmp_path, rest_ms=30_000.0)
    device.start({"mirror.z4_nm": 20.0})
    with pytest.raises(SettleTimeout, match="z4_nm"):
        device.settle(0.01)


def test_actuators_that_no_modes_explain_are_a_fault(tmp_path: Path) -> None:
    device, array = mirror(tmp_path)
    device.start({"mirror.z4_nm": 20.0})
    array.shift = 0.1
    with pytest.raises(DeviceFault, match="actuator 7"):
        device.read("mirror.z4_nm")


def test_an_array_of_another_size_is_refused(tmp_path: Path) -> None:
    checked = check_modes(
        ModalTable.model_validate(
            {k: v for k, v in write_mirror(tmp_path).items() if k != "array"}
        ),
        tmp_path,
        array_kind("memory"),
    )
    array = MemoryArray(MemoryOptions(actuators=97))
    with pytest.raises(DeviceFault, match="97 actuators"):
        ModalDevice("mirror", array, checked.basis, checked.bounds, Mechanics())
    assert array.sent == 0


def test_the_rig_is_told_what_the_device_refuses(tmp_path: Path) -> None:
    device, _ = mirror(tmp_path, low=-0.5, high=0.5, flat=0.02, sum_abs_max=25.0)
    rows, sizes = device.bounds_together()
    rng = np.random.default_rng(5)
    agreed = set()
    for scale, _ in itertools.product((0.1, 0.2, 0.4), range(100)):
        values = {s.name: float(scale * rng.uniform(s.low, s.high)) for s in device.describe()}
        z = np.array([values[name] for name in rows.settings])
        amounts = rows.matrix @ z + rows.offset
        inside = bool((amounts <= rows.highs).all() and (amounts >= rows.lows).all())
        inside &= bool(np.abs(sizes.matrix @ z + sizes.offset).sum() <= sizes.sum_abs)
        try:
            device.start(values)
        except ValueRefused:
            assert not inside
        else:
            assert inside
        agreed.add(inside)
    assert agreed == {True, False}
