from __future__ import annotations

import numpy as np

from hil.study.domain import SIZES
from hil.study.domains.satellite import Satellite

DOMAIN = Satellite()
PLAIN = {
    "camera.exposure_ms": 1.0,
    "telescope.focus_um": 0.0,
    "filter.centre_nm": 560.0,
    "camera.binning": 1,
}


def test_what_is_seen_around_a_cell_lies_over_that_cell() -> None:
    side = DOMAIN.observe(PLAIN, 0, SIZES["tiny"])["restoration"].learn
    middle = side.rows.reshape(-1, 12, 12)[:, 4:8, 4:8].reshape(len(side.rows), -1)
    corner = side.rows.reshape(-1, 12, 12)[:, :4, :4].reshape(len(side.rows), -1)
    right = np.corrcoef(middle.ravel(), side.truth.ravel())[0, 1]
    assert right > 0.9 > np.corrcoef(corner.ravel(), side.truth.ravel())[0, 1]


def test_three_seeds_hold_all_land_out_once() -> None:
    held = [DOMAIN.observe(PLAIN, s, SIZES["tiny"])["land cover"].held.scene for s in range(3)]
    assert sorted(place for seed in held for place in np.unique(seed)) == list(range(81))


def test_near_infrared_tells_land_cover_that_green_does_not() -> None:
    green, infrared = (
        DOMAIN.observe(PLAIN | {"filter.centre_nm": nm}, 0, SIZES["tiny"])["land cover"].learn
        for nm in (560.0, 835.0)
    )
    assert np.array_equal(green.truth, infrared.truth)
    spread = []
    for side in (green, infrared):
        mean = side.rows.mean(axis=1)
        own = [mean[side.truth == kind].var() for kind in np.unique(side.truth)]
        spread.append(np.mean(own) / mean.var())
    assert spread[1] < spread[0]
