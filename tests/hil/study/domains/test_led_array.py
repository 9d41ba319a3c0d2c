from __future__ import annotations

import numpy as np
import pytest

from hil.study.domain import SIZES
from hil.study.domains.led_array import LedArray

DOMAIN = LedArray()
NARROW = {"led.outer_na": 0.1, "led.inner_na": 0.0, "focus.z_um": 6.0}
WIDE = {**NARROW, "led.outer_na": 0.24}
RING = {"led.outer_na": 0.11, "led.inner_na": 0.066, "focus.z_um": 7.5}
DARK = {**NARROW, "led.outer_na": 0.35, "led.inner_na": 0.28}


def test_a_wide_source_is_bright_and_sharp_and_shows_less_phase() -> None:
    narrow, wide, dark = (DOMAIN.metrics(setting) for setting in (NARROW, WIDE, DARK))
    assert wide["SNR"] > 1.5 * narrow["SNR"] and wide["cut-off"] > 1.3 * narrow["cut-off"]
    assert narrow["phase transfer"] > 2 * wide["phase transfer"]
    assert dark["phase transfer"] == 0 and dark["contrast"] > 3 * narrow["contrast"]


def test_the_family_has_rings_inside_and_beyond_the_objectives_aperture() -> None:
    family = DOMAIN.settings(24)
    assert len(family) == 24 and family[:5] == DOMAIN.settings(5)
    ends = [(one["led.inner_na"], one["led.outer_na"]) for one in family]
    assert all(0 <= float(inner) < float(outer) <= 0.35 for inner, outer in ends)
    assert any(float(inner) > 0.25 for inner, _ in ends)
    assert any(float(outer) < 0.1 for _, outer in ends)


@pytest.mark.parametrize("kind", ["naming", "restoration"])
def test_fields_that_judge_lie_in_other_specimens(kind: str) -> None:
    one = DOMAIN.observe(NARROW, 0, SIZES["tiny"])[kind]
    assert len(np.unique(one.learn.scene)) == 90 and len(np.unique(one.held.scene)) == 60
    assert not np.array_equal(one.learn.truth[:60], one.held.truth[:60]) or kind == "naming"


def test_squares_that_are_to_be_restored_lie_where_the_window_shows_them() -> None:
    side = DOMAIN.observe(RING, 0, SIZES["tiny"])["restoration"].learn
    truth = side.truth.reshape(-1, 2, 2)
    seen = side.rows.reshape(-1, 20, 20)[:, 6:14, 6:14].reshape(-1, 2, 4, 2, 4).mean(axis=(2, 4))
    about = seen - seen.mean(axis=(1, 2), keepdims=True)
    known = truth - truth.mean(axis=(1, 2), keepdims=True)
    right = abs(np.corrcoef(about.ravel(), known.ravel())[0, 1])
    turned = abs(np.corrcoef(about.ravel(), known.transpose(0, 2, 1).ravel())[0, 1])
    assert right > 0.2 and right > turned + 0.1
