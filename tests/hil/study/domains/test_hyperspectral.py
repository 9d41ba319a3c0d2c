from __future__ import annotations

import numpy as np

from hil.study.domain import SIZES
from hil.study.domains.hyperspectral import Hyperspectral

DOMAIN = Hyperspectral()


def test_pixels_show_what_is_under_them() -> None:
    setting = next(one for one in DOMAIN.settings(24) if "camera.share6" in one)
    learn = DOMAIN.observe(setting, 0, SIZES["tiny"])["unmixing"].learn
    middle = learn.rows[:, 4::9]  # of 3 x 3 neighbours, in each band
    known = np.column_stack([learn.truth, np.ones(len(learn.truth))])
    fitted = known @ np.linalg.lstsq(known, middle, rcond=None)[0]
    explained = 1 - ((middle - fitted) ** 2).sum() / ((middle - middle.mean(axis=0)) ** 2).sum()
    assert explained > 0.8


def test_all_bands_share_the_time() -> None:
    one, other = (
        next(s for s in DOMAIN.settings(24) if sum("share" in k for k in s) == n) for n in (2, 8)
    )
    assert one["camera.exposure_ms"] == other["camera.exposure_ms"]
    assert DOMAIN.metrics(one)["bands"] == 2 and DOMAIN.metrics(other)["bands"] == 8
