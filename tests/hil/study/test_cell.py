from __future__ import annotations

import json

import numpy as np
import pytest

from hil.noise import GaussianNoise
from hil.study.cell import AREA, FRAME, PIXEL, TARGET, _information, measure, score, tiling
from hil.study.domain import Observed, Side
from tests.hil.study.planted_domain import SMALL, Planted


def test_a_brighter_setting_tells_more_and_does_both_tasks_better() -> None:
    dim, bright = (measure(Planted(), {"lamp.mw": mw}, 0, SMALL) for mw in (0.3, 3.0))
    for task, kind in (("sign", "label"), ("strength", "value")):
        scores = []
        for cell in (dim, bright):
            one = cell["tasks"][task]
            loss = np.average(one["loss"], weights=one["size"])
            scores.append(float(score(kind, loss, one["base"])))
        assert scores[0] < scores[1]
        assert dim["information"][task][TARGET] < bright["information"][task][TARGET]
        assert dim["information"][task][FRAME] < bright["information"][task][FRAME]
    json.dumps(bright)


def test_forms_are_scales_of_one_number() -> None:
    forms = measure(Planted(), {"lamp.mw": 3.0}, 0, SMALL)["information"]["sign"]
    assert forms[FRAME] == pytest.approx(36 * forms[PIXEL])
    assert forms[AREA] == pytest.approx(forms[PIXEL] / 2)


def test_scores_are_bits_told_and_decibels() -> None:
    assert score("label", np.array(0.25), 1.0) == pytest.approx(0.75)
    assert score("value", np.array(0.01), 0.0) == pytest.approx(20)


@pytest.mark.parametrize("side", [12, 13, 16])
def test_a_whole_frame_is_no_multiple_of_a_part_of_it(side: int) -> None:
    """One pattern of one strength tells as much whatever edge patches of 8 would leave out."""
    rng = np.random.default_rng(0)
    pattern = np.zeros((side, side))
    pattern[side // 2 - 2 : side // 2 + 2, side // 2 - 2 : side // 2 + 2] = 1.0
    frames = 2 * rng.normal(size=(300, 1, 1)) * pattern + rng.normal(size=(300, side, side))
    none = Side(np.zeros((1, 1)), np.zeros(1), np.zeros(1))
    one = Observed(frames, GaussianNoise(1.0), none, none, 8, 1.0, "whole_frame")
    known = 0.5 * np.log2(1 + 4 * 16)
    if side % 2 == 0:  # no patch but one pixel tiles 13
        assert _information(one)[0][FRAME] == pytest.approx(known, abs=0.5)
    assert tiling((side, 4 * side), 8) == {12: 6, 13: 8, 16: 8}[side]
