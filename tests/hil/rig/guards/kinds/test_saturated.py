"""Frames in which all pixels clip."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hil.rig.guards.made_frames import Session, camera, camera_noise, scene, spoilt

NOISE = camera_noise()
LIT = camera(lambda p, n: scene(p))
FULL = 4095


def session(at: object, repeats: int = 1) -> Session:
    clipped = {n: lambda p: np.full_like(p, FULL) for n in at}  # type: ignore[attr-defined]
    made = Session(spoilt(LIT, clipped), NOISE, repeats)
    made.saturation_adu = FULL
    return made


@pytest.mark.parametrize("number", range(9))
def test_a_frame_that_is_full_once_is_refused(number: int) -> None:
    found = session([number]).trials(4)
    assert found == ["saturated" if i == number // 3 else "" for i in range(4)]


def test_one_repeat_that_is_full_needs_no_second_look() -> None:
    made = session([7], repeats=2)
    assert made.trials(3) == ["", "saturated", ""]
    assert made.exposures == 6 + 2 + 6


def test_a_field_that_stays_full_beside_others_is_refused() -> None:
    assert session([7, 8]).trials(4) == ["", "", "saturated", ""]


@pytest.mark.parametrize("n_fields", [1, 3])
def test_too_much_light_is_for_the_constraint_and_costs_one_frame(n_fields: int) -> None:
    made = session(range(2 * n_fields + (n_fields == 1), 100))
    assert made.trials(2, n_fields) == ["", ""]
    made.exposure_ms = made.said_ms = 1000.0
    before = made.exposures
    assert made.trials(1, n_fields) == [""]
    assert made.exposures - before == n_fields + 1


def test_light_that_nobody_commanded_is_refused() -> None:
    assert session(range(6, 100)).trials(4) == ["", "", "saturated", "saturated"]
