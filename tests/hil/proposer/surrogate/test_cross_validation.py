from __future__ import annotations

import numpy as np
import pytest

from hil.proposer.surrogate.cross_validation import leave_out

RNG = np.random.default_rng(3)
X = RNG.random((40, 2))
Z = -((X - 0.4) ** 2).sum(axis=1) * 4 + 0.02 * RNG.normal(size=40)
ONES = np.ones(40)


def test_what_follows_a_law_is_predicted_to_its_noise() -> None:
    found = leave_out(X, Z, ONES, 2, range(40), rough=False)
    assert np.std(found.z - found.mean) == pytest.approx(0.02, rel=0.5)
    assert np.mean(np.abs(found.z - found.mean) < 2 * found.sd) > 0.85


def test_chance_is_not_predicted() -> None:
    chance = RNG.normal(size=40)
    found = leave_out(X, chance, ONES, 2, range(40), rough=False)
    assert np.mean((chance - found.mean) ** 2) > 0.8 * np.var(chance)
    assert found.log_score < leave_out(X, Z, ONES, 2, range(40), rough=False).log_score


def test_the_same_settings_do_not_predict_themselves() -> None:
    twice, chance = np.repeat(X[:20], 2, axis=0), np.repeat(RNG.normal(size=20), 2)
    known = leave_out(twice, chance, ONES, 2, range(40), rough=True)
    told = leave_out(twice, chance, ONES, 2, np.repeat(range(20), 2), rough=True)
    assert np.mean((chance - known.mean) ** 2) < 0.5 * np.mean((chance - told.mean) ** 2)
