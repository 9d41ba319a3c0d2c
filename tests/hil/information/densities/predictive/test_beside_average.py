"""What an average of experts costs more than the best there is, by what each costs beside it.

An expert fits the mean of one coordinate of normal values to n draws, and knows that of the other:
it costs 1 / 2n more than the truth on other draws, and as much less on its own.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from hil.information.densities.predictive.beside_average import cost_share

FITTED, OTHERS, SAMPLES = 20, 1000, 200


def nats(y: np.ndarray, means: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cost of draws (n, 2) by the average of experts of means (K, 2), and by each of them."""
    log = np.array([norm.logpdf(y, mean).sum(axis=1) for mean in means])
    return float(-np.log(weights @ np.exp(log)).mean()), -log.mean(axis=1)


def costs(weights: list[float], fits: list[int], seed: int) -> tuple[float, float, float]:
    """Costs of an average, n times: more than the truth, what is said of that, and half of the gap.

    ``fits`` has the coordinate of each expert.
    """
    rng, w = np.random.default_rng(seed), np.array(weights)
    sums = np.zeros((2, 1 + w.size))
    truth = 0.0
    for _ in range(SAMPLES):
        y, new = rng.standard_normal((FITTED, 2)), rng.standard_normal((OTHERS, 2))
        means = np.zeros((w.size, 2))
        means[np.arange(w.size), fits] = y.mean(axis=0)[fits]
        for place, draws in enumerate((new, y)):
            average, each = nats(draws, means, w)
            sums[place] += np.array([average, *each]) / SAMPLES
        truth -= norm.logpdf(new).sum(axis=1).mean() / SAMPLES
    elsewhere, here = sums
    gap, *gaps = elsewhere - here
    share = cost_share(np.array(gaps), elsewhere[1:] - elsewhere[0], gap)
    return FITTED * (elsewhere[0] - truth), FITTED * share * gap, FITTED * gap / 2


def test_experts_that_err_alike_cost_half_of_the_gap() -> None:
    true, said, half = costs([0.3, 0.7], [0, 0], 0)
    assert true == pytest.approx(0.5, abs=0.1)
    assert said == pytest.approx(half, rel=0.02)


@pytest.mark.parametrize(("weights", "right"), [([0.5, 0.5], 0.25), ([0.8, 0.2], 0.34)])
def test_an_average_costs_less_where_its_experts_err_differently(
    weights: list[float], right: float
) -> None:
    """Half of the gap, the cost of each alone, would be too much."""
    true, said, half = costs(weights, [0, 1], 1)
    assert true == pytest.approx(right, abs=0.08)
    assert said == pytest.approx(true, abs=0.08)
    assert half > 0.4


def test_what_is_wrong_for_another_reason_says_nothing() -> None:
    """One expert costs 0.4 more than it must: the other, as good as it can be, says the half."""
    assert cost_share(np.array([0.1, 0.0]), np.array([0.0, 0.4]), 0.1) == pytest.approx(0.5)
    assert cost_share(np.array([0.1, 0.1]), np.array([0.03, 0.4]), 0.1) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("gap", "share"), [(-0.01, 0.5), (0.0, 0.5), (0.01, 0.5), (0.1, 0.3), (1e9, 0.0)]
)
def test_a_share_is_none_to_a_half(gap: float, share: float) -> None:
    assert cost_share(np.array([0.08]), np.array([0.01]), gap) == pytest.approx(share, abs=1e-6)


def test_what_is_known_besides_counts_up_to_half_of_the_gap() -> None:
    gaps, beside = np.array([0.1, 0.2]), np.array([0.03, 0.09])
    assert cost_share(gaps, beside, 0.4) == pytest.approx(0.05)
    assert cost_share(gaps, beside, 0.4, 0.1) == pytest.approx(0.25)
    assert cost_share(gaps, beside, 0.4, 0.3) == 0.5
    assert cost_share(gaps, beside, 0.4, -0.3) == pytest.approx(0.05)
