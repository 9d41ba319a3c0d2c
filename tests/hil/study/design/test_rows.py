from __future__ import annotations

import pytest

from hil.study.design.compare import CONVENTIONAL, GRADIENT, DesignScore, DesignStudy, own_design
from hil.study.design.rows import design_verdicts


@pytest.mark.parametrize(
    ("against", "word"),
    [
        ((0.0, -0.04, 0.04), "is as good as end"),
        ((0.0, -0.06, 0.04), "is not shown to be as good as end"),
        ((-0.1, -0.2, -0.06), "is worse than end"),
    ],
)
def test_what_is_allowed_is_a_twentieth_of_the_range(
    against: tuple[float, float, float], word: str
) -> None:
    none = DesignScore(0.0, (0.0, 0.0, 0.0))
    scores = {GRADIENT: DesignScore(1.0, against), CONVENTIONAL: none, own_design("t"): none}
    made = {name: [{"cpu_s": 1.0, "reached_s": 1.0}] for name in scores}
    study = DesignStudy(made, {"t": scores}, {"t": 1.0}, {"t": "bits"}, [])
    assert word in next(design_verdicts(study))
