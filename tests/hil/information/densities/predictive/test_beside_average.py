"""What an average of experts costs more than the best there is, by what each costs beside it.

An expert fits the mean of one coordinate of normal values to n draws, and knows that of the other:
it costs 1 / 2n more than the truth on other draws, and as much less on its own.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from hil.information.densities.predictive.beside_average import BesideAverage, sum_of

FITTED, OTHERS, SAMPLES = 20, 2000, 300


def looked_at(
    y: np.ndarray, means: np.ndarray, weights: np.ndarray
) -> tuple[float, BesideAverage]:  # (n, 2), (K, 2), (K,)
    """Mean cost of the average, and what experts cost beside it, of each ninth row."""
    rows = np.repeat(y, 9, axis=0)
    probability = np.array([norm.pdf(rows, mean).prod(axis=1, keepdims=True) for mean in means])
    weighted = weights[:, None, None] * probability
    q = weighted.sum(axis=0)
    kind = np.zeros(q.shape, dtype=np.intp)
    return float(-np.log(q).mean()), BesideAverage.of(weighted, q, weights[:, None], kind)


def costs(weights: list[float], fits: list[int], seed: int) -> tuple[float, float, float]:
    """Costs of an average, n times: more than the truth, what is said of that, and half of the gap.

    ``fits`` has the coordinate of each expert.
    """
    rng, w = np.random.default_rng(seed), np.array(weights)
    true, gap, others, fitted = 0.0, 0.0, [], []
    for _ in range(SAMPLES):
        y, new = rng.standard_normal((FITTED, 2)), rng.standard_normal((OTHERS, 2))
        means = np.zeros((w.size, 2))
        means[np.arange(w.size), fits] = y.mean(axis=0)[fits]
        elsewhere, beside = looked_at(new, means, w)
        here, beside_here = looked_at(y, means, w)
        others.append(beside)
        fitted.append(beside_here)
        true += (elsewhere + norm.logpdf(new).sum(axis=1).mean()) / SAMPLES
        gap += (elsewhere - here) / SAMPLES
    share = sum_of(others).cost_share(sum_of(fitted), gap)
    return FITTED * true, FITTED * share * gap, FITTED * gap / 2


def test_experts_that_err_alike_cost_half_of_the_gap() -> None:
    true, said, half = costs([0.3, 0.7], [0, 0], 0)
    assert true == pytest.approx(0.5, abs=0.1)
    assert said == pytest.approx(half)


@pytest.mark.parametrize(("weights", "right"), [([0.5, 0.5], 0.25), ([0.8, 0.2], 0.34)])
def test_an_average_costs_less_where_its_experts_err_differently(
    weights: list[float], right: float
) -> None:
    """Half of the gap, the cost of each alone, would be too much."""
    true, said, half = costs(weights, [0, 1], 1)
    assert true == pytest.approx(right, abs=0.07)
    assert said == pytest.approx(true, abs=0.07)
    assert half > 0.4


def test_what_is_wrong_for_another_reason_is_no_gain_of_the_average() -> None:
    """An expert that was fitted to nothing, and is wrong: the other's half stays."""
    rng = np.random.default_rng(2)
    y, new = rng.standard_normal((FITTED, 2)), rng.standard_normal((OTHERS, 2))
    means = np.array([[0.3, 0.0], [3.0, 0.0]])
    y += [0.3, 0] - y.mean(axis=0)
    weights = np.array([0.9, 0.1])
    (nats, others), (nats_fitted, fitted) = (looked_at(one, means, weights) for one in (new, y))
    share = others.cost_share(fitted, nats - nats_fitted)
    assert 0.4 < share <= 0.5


def test_a_share_is_none_to_a_half() -> None:
    y = np.random.default_rng(3).standard_normal((50, 2))
    means = np.array([[0.0, 0.0], [2.0, 0.0]])
    _, beside = looked_at(y, means, np.array([0.5, 0.5]))
    assert beside.cost_share(beside, -0.01) == 0.5
    assert beside.cost_share(beside, 1e-6) >= 0
    twice = sum_of([beside, beside])
    assert twice.cost_share(beside, 0.2) == pytest.approx(beside.cost_share(beside, 0.2))
