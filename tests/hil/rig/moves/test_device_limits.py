"""Limits that a device states of its settings together hold in rigs without a line in their file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hil
from drivers.protocol import BoundsTogether
from hil.errors import SafetyError
from hil.rig.moves.device_limits import DeviceRows, DeviceSizes, device_limits
from hil.rig.moves.joint import problem
from hil.rig.moves.planner import MoveRefusal, plan_moves
from hil.rig.moves.tracks import Track
from tests.drivers.modal.mirrors import TABLE, write_mirror

NAMES = ("mirror.a_nm", "mirror.b_nm")
DIAMOND = np.array([[1.0, 1.0], [1.0, -1.0]])  # |a| + |b| <= 1, as rows


class Told:
    def __init__(self, *bounds: BoundsTogether) -> None:
        self._bounds = bounds

    def bounds_together(self) -> tuple[BoundsTogether, ...]:
        return self._bounds


def diamond() -> Any:
    ones = np.ones(2)
    bounds = BoundsTogether(NAMES, DIAMOND, 0 * ones, -ones, ones, ("actuator 0", "actuator 1"))
    (limit,) = device_limits({"mirror": Told(bounds), "lamp": object()})  # type: ignore[dict-item]
    return limit


def tracks(**changes: Any) -> dict[str, Track]:
    return {name: Track(name, -1.0, 1.0, **changes) for name in NAMES}


def test_a_command_goes_straight_where_the_box_between_would_be_outside() -> None:
    here, there = {NAMES[0]: 0.9, NAMES[1]: 0.0}, {NAMES[0]: 0.0, NAMES[1]: 0.9}
    legs = plan_moves(here, there, tracks(), [diamond()])
    assert not isinstance(legs, MoveRefusal)
    assert [dict(leg.values) for leg in legs] == [there]


def test_where_commands_are_divided_the_box_is_judged() -> None:
    here, there = {NAMES[0]: 0.9, NAMES[1]: 0.0}, {NAMES[0]: 0.0, NAMES[1]: 0.9}
    legs = plan_moves(here, there, tracks(max_step=0.3), [diamond()])
    assert not isinstance(legs, MoveRefusal)
    assert len(legs) > 3
    point = dict(here)
    for leg in legs:
        point.update(leg.values)  # type: ignore[arg-type]
        assert not problem(diamond(), point)
    assert point == there


def test_words_name_device_and_actuator() -> None:
    limit = diamond()
    assert isinstance(limit, DeviceRows)
    said = problem(limit, {NAMES[0]: 0.9, NAMES[1]: 0.4})
    assert said == "mirror: actuator 0 would be at 1.3, allowed: -1 to 1"


def test_sums_of_magnitudes_are_judged_at_points_and_boxes() -> None:
    free = np.full(2, np.inf)
    bounds = BoundsTogether(NAMES, np.eye(2), np.array([0.1, 0.0]), -free, free, (), 1.0)
    (limit,) = device_limits({"mirror": Told(bounds)})  # type: ignore[dict-item]
    assert isinstance(limit, DeviceSizes)
    rng = np.random.default_rng(1)
    for _ in range(200):
        lows, highs = np.sort(rng.uniform(-1, 1, (2, 2)), axis=0)
        corners = [abs(a + 0.1) + abs(b) for a in (lows[0], highs[0]) for b in (lows[1], highs[1])]
        assert (limit.excess(lows, highs)[0] > 0) == (max(corners) > 1 + 1e-9)
    assert "sum of all magnitudes would be at 1.5" in limit.words(np.array([0.4, -1.0]))


def test_a_rig_refuses_before_the_device_is_told(tmp_path: Path) -> None:
    write_mirror(tmp_path)
    text = "\n".join(
        f"{key} = {value!r}" for key, value in TABLE.items() if not isinstance(value, dict)
    )
    (tmp_path / "rig.toml").write_text(
        f'name = "desk"\n[[driver]]\nkind = "modal"\n{text}\n'
        'array = { kind = "memory", actuators = 140 }\n',
        encoding="utf-8",
    )
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        most = {name: rig.safety.bounds(name)[1] for name in rig.settings}
        rig.apply({"mirror.z4_nm": most["mirror.z4_nm"]})
        rig.apply({"mirror.z4_nm": 0.0, "mirror.z5_nm": most["mirror.z5_nm"]})
        with pytest.raises(SafetyError, match=r"mirror: (actuator|between|the sum)"):
            rig.apply({"mirror.z4_nm": most["mirror.z4_nm"]})
        assert rig.read("mirror.z4_nm")["mirror.z4_nm"] == pytest.approx(0.0, abs=1e-9)
