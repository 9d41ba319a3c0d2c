"""One number of a session: the winner by fresh frames, else the best settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hil.ranking.finals import winner_of
from hil.ranking.leaders import winner
from hil.ranking.shown import shown
from hil.records.trial import TrialRow
from hil.records.winner import Winner
from tests.hil.ranking.test_finals import again


def searched(n: int = 3) -> list[TrialRow]:
    rng = np.random.default_rng(1)
    return [again(i, i, 1 + 0.1 * rng.standard_normal(8), "search") for i in range(n)]


def test_before_leaders_are_measured_again_it_is_the_best_trial() -> None:
    rows = searched()
    found = shown(rows)
    assert found is not None and found == winner(rows)
    assert shown([]) is None


def test_afterwards_it_is_the_winner_whatever_the_confidence() -> None:
    rng = np.random.default_rng(2)
    rows = searched()
    rows += [again(3 + i, i % 3, 0.9 + 0.1 * rng.standard_normal(8)) for i in range(6)]
    found, sure = shown(rows), shown(rows, 0.5)
    assert isinstance(found, Winner) and found == winner_of(rows, 0.95)
    assert isinstance(sure, Winner)
    assert replace(sure, as_good=(), decided=False) == replace(found, as_good=(), decided=False)
