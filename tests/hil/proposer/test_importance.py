"""The setting that decides is named first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hil.proposer.importance import importances
from hil.records.trial import TrialRow, TrialState
from tests.hil.report.conftest import distribution


def rows(n: int, **changes: Any) -> list[TrialRow]:
    rng = np.random.default_rng(1)
    made = []
    for number in range(n):
        values = {name: float(rng.uniform(-10, 10)) for name in ("a.x_um", "b.y_um")}
        known = {
            "objectives": (-((values["a.x_um"] - 3) ** 2),),
            "distributions": dict.fromkeys(values, distribution(-10, 10)),
        } | changes
        made.append(
            TrialRow(
                number=number,
                state=TrialState.COMPLETE,
                kind="search",
                requested=values,
                sampler_attrs={},
                constraints={},
                intermediate={},
                **known,
            )
        )
    return made


def test_the_setting_that_decides_comes_first() -> None:
    found = importances(rows(60))
    assert next(iter(found)) == "a.x_um"
    assert found["a.x_um"] > 0.8
    assert sum(found.values()) == pytest.approx(1)


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert importances([]) == {}
    assert importances(rows(3)) == {}
    assert importances(rows(20, objectives=(1.0,))) == {}
    assert importances(rows(20, distributions={})) == {}


def test_of_several_objectives_the_first_counts() -> None:
    assert list(importances(rows(20, objectives=(1.0, 2.0)))) == []
