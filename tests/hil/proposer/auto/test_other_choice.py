"""Each choice is measured where the best is."""

from __future__ import annotations

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution

from hil.proposer.auto.other_choice import other_choice
from hil.proposer.auto.space import UnitSpace

SPACE = UnitSpace({"wheel": CategoricalDistribution("abc"), "z_um": FloatDistribution(0, 1)})


def point(choice: str, z_um: float) -> np.ndarray:
    return SPACE.encode({"wheel": choice, "z_um": z_um})


def test_every_choice_comes_once_at_the_best() -> None:
    best = point("b", 0.5)
    asked = [best, point("a", 0.9)]
    pending = np.zeros((0, 4))
    for wanted in ("a", "c"):
        found = other_choice(SPACE, best, np.array(asked), pending)
        assert found is not None
        assert SPACE.decode(found) == {"wheel": wanted, "z_um": 0.5}
        asked.append(found)
    assert other_choice(SPACE, point("b", 0.55), np.array(asked), pending) is None


def test_what_is_in_work_counts_and_floats_have_no_choice() -> None:
    best = point("b", 0.5)
    pending = np.array([point("a", 0.5), point("c", 0.5)])
    assert other_choice(SPACE, best, best[None], pending) is None
    floats = UnitSpace({"z_um": FloatDistribution(0, 1)})
    assert other_choice(floats, np.array([0.5]), np.array([[0.5]]), np.zeros((0, 1))) is None
