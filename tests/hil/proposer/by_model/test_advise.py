"""Fits of frames: the correction after three of them, and what is said of a model that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from drivers.types import Value
from hil.proposer.by_model.advise import Adviser, Fitted, allowed
from hil.proposer.by_model.seen import look
from hil.proposer.plan import NoFrames
from hil.spec import SearchAxis
from tests.hil.proposer.by_model.small_model import HIDDEN, NAMES, InMemory, axes, plan, row

MOVED = [(0.0, 0.0, 0.0), (50.0, 50.0, -50.0), (-45.0, 40.0, 40.0), (-40.0, 35.0, -25.0)]


def fitted(rig: InMemory, n: int = 4, **changes: object) -> Fitted:
    rows = [
        row(number, requested=dict(zip(NAMES, one, strict=True)))
        for number, one in enumerate(MOVED[:n])
    ]
    rig.asked = {one.number: one.requested for one in rows}
    own = plan(**changes)
    return Adviser(own, rig).fit(look(own, rows))


def off_nm(settings: Mapping[str, Value]) -> float:
    found = np.array([float(settings[name]) for name in NAMES])
    return float(np.linalg.norm(found + np.array(HIDDEN[1:4])))


@pytest.fixture(scope="module")
def right() -> Fitted:
    return fitted(InMemory(), 3)


def test_three_frames_give_the_correction(right: Fitted) -> None:
    assert right.misfit(early=True) == ""
    assert right.left_scales < 1
    assert off_nm(right.correction()) < 6
    present = dict.fromkeys(NAMES, 0.0)
    assert right.gain(present, right.correction()) > 0.05
    assert right.gain(right.correction(), right.correction()) == 0


def test_a_star_is_as_large_as_what_costs_a_tenth(right: Fitted) -> None:
    reach = right.reach(right.correction())
    assert 0.1 < reach < 0.4
    away = {name: float(value) + 70 * reach for name, value in right.correction().items()}
    assert -0.2 < right.gain(right.correction(), away) < -0.03


def test_a_wrong_scale_is_found_and_corrected_by() -> None:
    rig = InMemory({"mirror.z6_nm": 1.4})
    found = fitted(rig).scales()
    assert found is not None
    assert found.why.startswith("settings move the optics not by 1 but mirror.z6_nm by 1.")
    assert "z5" not in found.why
    went = {**found.settings, "mirror.z6_nm": 1.4 * float(found.settings["mirror.z6_nm"])}
    assert off_nm(went) < 10


def test_what_tells_most_is_asked_for_and_always_the_same() -> None:
    rig, own = InMemory(), plan()
    adviser = Adviser(own, rig)
    nothing = look(own, [])
    first = adviser.differing(nothing, None, 0)
    assert Adviser(own, InMemory()).differing(nothing, None, 0) == first
    rig.asked = {0: dict.fromkeys(NAMES, 0.0)}
    seen = look(own, [row(0)])
    wanted = adviser.differing(seen, None, 1)
    assert adviser.differing(seen, None, 1) == wanted
    assert all(abs(float(value)) >= 0.15 * 70 for value in wanted.values())


def test_frames_of_another_camera_are_told() -> None:
    rig, own = InMemory(height_px=64), plan()
    rig.asked = {0: dict.fromkeys(NAMES, 0.0)}
    with pytest.raises(NoFrames, match="trial 0 have 64 x 48 pixels, and the model's 48 x 48"):
        Adviser(own, rig).differing(look(own, [row(0)]), None, 1)


def test_settings_are_brought_into_ranges_onto_steps_and_inside_joint_limits() -> None:
    low, high = axes()[0], axes()[1]
    stepped = SearchAxis(setting=NAMES[2], low=-70, high=70, step=3)
    own = replace(plan(), axes=(low, high, stepped), integers=frozenset({NAMES[1]}))
    found = allowed(own, {NAMES[0]: 200.0, NAMES[1]: 3.4, NAMES[2]: 69.9})
    assert found == {NAMES[0]: 70.0, NAMES[1]: 3, NAMES[2]: 68.0}
    halved = replace(own, repair=lambda values: {k: float(v) / 2 for k, v in values.items()})
    assert allowed(halved, {NAMES[0]: 70.0, NAMES[1]: 0.0, NAMES[2]: -70.0})[NAMES[0]] == 35.0


def test_where_not_all_can_be_had_the_best_that_can_is_found(right: Fitted) -> None:
    """A range that ends before the correction, and modes that are not searched at all."""
    narrow = plan(axes=axes(-20, 20)[:2])
    found = Fitted(narrow, right._rig, right._trials, right.twin).correction()
    assert set(found) == set(NAMES[:2])
    assert found["mirror.z5_nm"] == pytest.approx(-20, abs=0.5)
    assert found["mirror.z6_nm"] == pytest.approx(20, abs=2)
