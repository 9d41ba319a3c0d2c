"""What is advised for each finding."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from hil.measure.advice import advise
from tests.hil.measure.judged import judged


class Advice(NamedTuple):
    name: str
    details: dict[str, object]
    brightest: float
    n_fields: int
    says: str


ADVICE = [
    Advice("nothing", {"saturated_share": 0.0, "noise_variance_ratio": 1.01}, 0.6, 8, ""),
    Advice("clipped", {"saturated_share": 0.05}, 1.0, 8, "less light or a shorter exposure: 5.00%"),
    Advice("dim", {}, 0.02, 8, "room for more light: the brightest pixel is at 2%"),
    Advice("wrong gain", {"noise_variance_ratio": 1.05}, 0.6, 8, "calibrate again"),
    Advice("few fields", {}, 0.6, 1, "measure more fields of view, 4 or more"),
]


@pytest.mark.parametrize("case", ADVICE, ids=lambda case: case.name)
def test_advice_names_what_to_do(case: Advice) -> None:
    rng = np.random.default_rng(6)
    values = 1 + rng.normal(0, 0.01, (10, case.n_fields))
    words = advise(judged(values, **case.details), case.brightest, case.n_fields)
    assert len(words) == bool(case.says)
    assert all(case.says in text for text in words)
