"""Exposures that frames bring with them."""

from __future__ import annotations

import math

import pytest

from tests.hil.rig.guards.made_frames import Session, camera, camera_noise, scene


def made() -> Session:
    return Session(camera(lambda p, n: scene(p)), camera_noise())


@pytest.mark.parametrize("said_ms", [-1.0, math.nan, math.inf, 20.0, 9.8, 10.2, 0.0])
def test_another_exposure_than_was_set_is_refused(said_ms: float) -> None:
    session = made()
    assert session.trials(1) == [""]
    session.said_ms = said_ms
    assert session.trials(1) == ["exposure"]


@pytest.mark.parametrize("said_ms", [10.0, 9.95, 10.05])
def test_exposures_are_rounded(said_ms: float) -> None:
    session = made()
    session.said_ms = said_ms
    assert session.trials(2) == ["", ""]


def test_a_camera_without_the_setting_stays_as_it_is() -> None:
    session = made()
    session.exposure_ms = None  # type: ignore[assignment]
    assert session.trials(2) == ["", ""]
    session.said_ms = math.nan
    assert session.trials(1) == ["exposure"]
    session.said_ms = 20.0
    assert session.trials(1) == [""], "a second frame says so, too"
