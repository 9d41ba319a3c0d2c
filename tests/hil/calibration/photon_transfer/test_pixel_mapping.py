"""From stacks to maps of the pixels, shrunk by the noise in them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hil.calibration.photon_transfer.sensor import (
    LEVEL_E,
    SIDE_PX,
    Sensor,
    maps_of,
    measured,
    sensor,
)


def test_a_map_from_few_frames_is_shrunk_and_so_better_than_none_and_than_itself() -> None:
    """Two flat frames know the response to 0.6 %, where pixels differ by 0.4 %."""
    made = sensor(3, prnu=0.004)
    maps = maps_of(measured(made, frames=2))
    assert maps.response is not None and maps.response_weight is not None
    usable = maps.usable
    truth = made.response / made.response[usable].mean()
    raw_error = np.sqrt(1 / (2 * LEVEL_E))
    assert (maps.response - truth)[usable].std() < 0.9 * min(raw_error, 0.004)
    assert maps.response_weight == pytest.approx(0.004**2 / (0.004**2 + raw_error**2), abs=0.08)


def test_pixels_that_are_all_alike_get_maps_without_noise() -> None:
    """Nothing but noise is in such maps; correcting by it would add a pattern to every frame."""
    even = np.ones((SIDE_PX, SIDE_PX))
    made = Sensor(100 * even, even, 1.6 * even, 0 * even, even)
    maps = maps_of(measured(made, frames=8))
    assert maps.response is not None
    assert (maps.offset_spread_adu, maps.response_spread) == (0, 0)
    assert maps.offset_adu.std() < 0.1
    assert maps.response.std() < 3e-4
    assert maps.read_noise_e.std() < 1e-6
    assert maps.flat_electrons_needed(LEVEL_E) == 0
