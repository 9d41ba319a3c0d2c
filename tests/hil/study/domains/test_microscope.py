from __future__ import annotations

import numpy as np
import pytest

from hil.study.domain import SIZES
from hil.study.domains.microscope import Microscope

DOMAIN = Microscope()
PLAIN = {"camera.exposure_ms": 10.0, "focus.z_um": 0.0, "camera.binning": 1}


@pytest.mark.parametrize("binning", [1, 2, 4])
def test_squares_that_are_to_be_restored_lie_in_the_middle_of_what_is_seen(binning: int) -> None:
    setting = {**PLAIN, "camera.binning": binning}
    side = DOMAIN.observe(setting, 0, SIZES["tiny"])["restoration"].learn
    wide = 24 // binning
    seen = side.rows.reshape(len(side.rows), wide, wide)
    edge = 4 // binning
    middle = seen[:, edge : wide - edge, edge : wide - edge]
    squares = side.truth.reshape(len(side.truth), 8, 8)
    cut = 4 if binning == 4 else 8
    known = squares.reshape(-1, cut, 8 // cut, cut, 8 // cut).mean(axis=(2, 4))
    sums = middle.reshape(-1, cut, middle.shape[1] // cut, cut, middle.shape[1] // cut)
    found = sums.sum(axis=(2, 4))
    right = np.corrcoef(found.ravel(), known.ravel())[0, 1]
    turned = np.corrcoef(found.ravel(), known.transpose(0, 2, 1).ravel())[0, 1]
    assert right > 0.6 and right > turned + 0.1


def test_no_setting_brings_more_than_the_dose_and_a_short_one_brings_what_the_lamp_can() -> None:
    doses = []
    for exposure_ms in (2.0, 10.0, 100.0):
        whole = DOMAIN.whole({**PLAIN, "camera.exposure_ms": exposure_ms})
        doses.append(whole["light.power_mw"] * exposure_ms)
    assert doses == pytest.approx([4.0, 20.0, 20.0])
    light = [DOMAIN.metrics({**PLAIN, "camera.exposure_ms": ms})["light"] for ms in (10.0, 100.0)]
    assert light[1] == pytest.approx(light[0], rel=0.01)
