from __future__ import annotations

from itertools import pairwise

from hil.study.design.effort import EFFORTS
from hil.study.domain import SIZES


def test_every_budget_of_a_study_has_its_effort_and_a_larger_one_tries_no_less() -> None:
    assert set(EFFORTS) == set(SIZES)
    sizes = [EFFORTS[name] for name in SIZES]
    for less, more in pairwise(sizes):
        assert less.trials <= more.trials and less.joint <= more.joint
        assert len(less.rates) <= len(more.rates) and less.followed <= more.followed
