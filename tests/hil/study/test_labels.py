from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from hil.study.cache import CellCache
from hil.study.labels import LabelCurve, label_curves
from hil.study.prediction import Prediction
from tests.hil.study.planted_domain import SMALL, Planted


def test_more_labels_tell_more_and_the_brightest_setting_needs_fewest(
    found: Prediction, tmp_path: Path
) -> None:
    size = replace(SMALL, seeds=1)
    cells = CellCache(tmp_path, "")
    most, middle = label_curves(Planted(), size, found, cells, lambda line: None)
    assert most.setting == {"lamp.mw": 3.0} != middle.setting
    assert most.chosen_by == "most bits per frame, best brightness"
    assert most.scenes[-1] == SMALL.learn and most.bits[-1] > most.bits[0]
    assert most.bits[-1] > middle.bits[-1]


def test_scenes_needed_lie_between_those_tried() -> None:
    curve = LabelCurve("x", {}, [10, 100], [0.0, 1.0])
    assert curve.scenes_for(0.5) == pytest.approx(10**1.5)
    assert math.isnan(curve.scenes_for(1.1))
