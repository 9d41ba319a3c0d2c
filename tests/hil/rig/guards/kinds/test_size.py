"""Frames of another size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.hil.rig.guards.made_frames import Session, camera, camera_noise, scene, spoilt

NOISE = camera_noise()
LIT = camera(lambda p, n: scene(p))


@pytest.mark.parametrize("number", range(12))
def test_a_frame_of_another_size_fails_its_trial(number: int) -> None:
    found = Session(spoilt(LIT, {number: lambda p: p[:-1].copy()}), NOISE).trials(5)
    assert found == ["size" if i == number // 3 else "" for i in range(5)]


def test_one_field_is_held_against_earlier_trials() -> None:
    found = Session(spoilt(LIT, {5: lambda p: p[:, 2:].copy()}), NOISE).trials(8, 1)
    assert found == ["", "", "", "", "size", "", "", ""]


def test_a_region_that_nobody_set_is_refused_for_good() -> None:
    session = Session(lambda p, n: LIT(p, n)[: 24 if n < 9 else 12].copy(), NOISE)
    assert session.trials(6) == ["", "", "", "size", "size", "size"]


def test_a_setting_with_choices_may_change_the_size() -> None:
    session = Session(lambda p, n: LIT(p, n)[: 24 if n < 6 else 12].copy(), NOISE)
    assert session.trials(2) == ["", ""]
    session.switches = {"camera.binning": 2}
    assert session.trials(2) == ["", ""]


@pytest.mark.parametrize("shape", [(0, 24), (24,), (1, 1, 24, 24)])
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    assert Session(lambda p, n: np.zeros(shape, np.uint16), None).trial() == "size"


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("crop", [np.s_[:-1], np.s_[:, 4:], np.s_[2:7, 3:5]])
def test_the_very_first_frames_are_held_against_one_taken_again(crop: Any, repeats: int) -> None:
    faults = {number: lambda p: p[crop].copy() for number in range(repeats)}
    session = Session(spoilt(LIT, faults), NOISE, repeats)
    assert session.trials(3, 1) == ["size", "", ""]
    assert session.exposures == 3 * repeats + 2, "once nothing is known, and once more after that"


def test_a_camera_that_has_its_size_is_asked_once_for_each_choice() -> None:
    session = Session(LIT, NOISE, 2)
    assert session.trials(3, 1) == [""] * 3
    assert session.exposures == 3 * 2 + 1
    session.switches = {"camera.binning": 2}
    assert session.trials(2, 1) == [""] * 2
    assert session.exposures == 5 * 2 + 2
