from __future__ import annotations

import numpy as np
import pytest

from hil.study.domain import SIZES
from hil.study.domains.tomography import Tomography

DOMAIN = Tomography()
PLAIN = {"gantry.views": 16, "detector.binning": 2, "source.voltage_kv": 80.0}


def test_the_dose_is_the_same_however_it_is_shared() -> None:
    few, many = (
        DOMAIN.observe(PLAIN | {"gantry.views": views}, 0, SIZES["tiny"])["lumps"].learn.rows
        for views in (8, 32)
    )
    offset = DOMAIN._path.options.offset_adu
    totals = [float((rows - offset).sum(axis=1).mean()) for rows in (few, many)]
    assert totals[0] == pytest.approx(totals[1], rel=0.01)


def test_a_spot_darkens_the_scan() -> None:
    """Bodies with the spot in one place differ from others on average as the spot projects."""
    side = DOMAIN.observe(PLAIN, 0, SIZES["tiny"])["spot's place"].learn
    views = side.rows.reshape(len(side.rows), 16, -1)[:, 0]
    left = np.isin(side.truth, (0, 2))
    difference = views[left].mean(axis=0) - views[~left].mean(axis=0)
    half = len(difference) // 2
    assert difference[:half].sum() * difference[half:].sum() < 0
