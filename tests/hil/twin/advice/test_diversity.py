from __future__ import annotations

import pytest

from hil.twin.advice.diversity import Diversity
from tests.hil.twin.small_microscope import PLACES, frames, path, settings, unknown

SMALL = {"height_px": 32, "width_px": 32}
ZERO = [[0.0, 30.0, *[0.0] * 6]]


@pytest.fixture(scope="module")
def told() -> Diversity:
    scope = path(seed=3, aberration_nm=tuple(ZERO[0]), scene="fibres", **SMALL)
    return Diversity(frames(scope, [settings()], PLACES[:1]), unknown(**SMALL), ZERO)


def test_other_settings_tell_what_the_same_ones_cannot(told: Diversity) -> None:
    again = told.left(settings())
    moved = told.left(settings(focus__z_um=0.8, mirror__z5_nm=40.0, mirror__z7_nm=-40.0))
    assert 0 < moved < 0.8 * again
    assert again < 4.0 * 8**0.5, "no more than nothing at all being known"


def test_what_is_being_measured_counts(told: Diversity) -> None:
    scope = path(seed=3, aberration_nm=tuple(ZERO[0]), scene="fibres", **SMALL)
    moved = settings(focus__z_um=0.8, mirror__z5_nm=40.0, mirror__z7_nm=-40.0)
    taken = frames(scope, [settings()], PLACES[:1])
    more = Diversity(taken, unknown(**SMALL), ZERO, [moved])
    assert more.left(settings()) < told.left(settings())
    assert more.left(moved) < told.left(moved)
