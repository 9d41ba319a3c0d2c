from __future__ import annotations

import json

import numpy as np
import pytest

from hil.study.cell import AREA, FRAME, PIXEL, TARGET, measure, score
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
