"""Pixels that must not be used."""

from __future__ import annotations

from tests.hil.calibration.photon_transfer.sensor import (
    maps_of,
    measured,
    sensor,
)


def test_hot_pixels_are_left_out_and_few_others() -> None:
    made = sensor(2)
    usable = maps_of(measured(made, frames=8)).usable
    hot = made.hot_e > 0
    assert hot.sum() > 5
    assert not usable[hot].any()
    assert (~usable & ~hot).mean() < 1e-3


def test_a_dead_pixel_is_left_out() -> None:
    made = sensor(2)
    made.response[40, 50] = 0.0
    assert not maps_of(measured(made, frames=4)).usable[40, 50]
