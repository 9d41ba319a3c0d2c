"""Values of a setting as places on an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hil.records.trial import TrialRow, TrialState
from hil.report.settings.scale import SettingScale, scale_of


def scale(cells: list[Any], held: str | None = None) -> SettingScale:
    row = TrialRow(
        0,
        TrialState.COMPLETE,
        "search",
        {},
        {} if held is None else {"a.b": held},
        {},
        None,
        {},
        {},
    )
    return scale_of([row], "a.b", pd.Series(cells, dtype=object))


def log(low: float, high: float) -> str:
    return (
        '{"name": "FloatDistribution", "attributes":'
        f' {{"step": null, "low": {low}, "high": {high}, "log": true}}}}'
    )


def choices(text: str) -> str:
    return f'{{"name": "CategoricalDistribution", "attributes": {{"choices": {text}}}}}'


def test_words_have_places_and_gaps_are_no_numbers() -> None:
    found = scale(["b", None, "a", "b"])
    assert found.words == ("a", "b")
    assert found.places[[0, 2, 3]].tolist() == [1, 0, 1]
    assert np.isnan(found.places[1])


def test_numbers_are_themselves() -> None:
    found = scale([1.5, float("nan"), 3])
    assert found.words == () and not found.logarithmic
    assert found.places[[0, 2]].tolist() == [1.5, 3]
    assert found.even is found.places


def test_choices_of_numbers_are_in_order_of_size() -> None:
    found = scale([16, 2, 1, None], choices("[16, 2, 1]"))
    assert found.words == ("1", "2", "16")
    assert found.places[:3].tolist() == [2, 1, 0]
    assert scale([True, False], choices("[false, true]")).words == ("False", "True")


def test_what_was_searched_by_its_logarithm_is_even_in_it() -> None:
    found = scale([0.01, 1.0, 100.0, 0.0], log(0.001, 1000))
    assert found.logarithmic
    assert found.even[:3] == pytest.approx([-2, 0, 2])
    assert np.isnan(found.places[3])  # a lamp that read back as off has no logarithm
    assert found.back(found.even)[:3] == pytest.approx(found.places[:3])
    assert not scale([0.0, -1.0], log(0.001, 1000)).logarithmic
