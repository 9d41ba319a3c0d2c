"""Normal scores: the latent correlation behind them, and the noise in them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.copula.normal_scores import NormalScores


@pytest.mark.parametrize("distribution", [[0.7, 0.2, 0.1], [0.05, 0.9, 0.05], np.full(50, 0.02)])
def test_latent_correlation_turns_the_scores_covariance_round(distribution: list[float]) -> None:
    scores = NormalScores(np.asarray(distribution, dtype=float))
    rng = np.random.default_rng(6)
    rho = 0.7
    t = rng.standard_normal(400_000)
    other = rho * t + math.sqrt(1 - rho**2) * rng.standard_normal(t.size)
    z = [scores.score[np.searchsorted(scores.edges[1:-1], one)] for one in (t, other)]
    covariance = np.array(float(np.mean(z[0] * z[1])))
    assert float(scores.latent_correlation(scores, covariance)) == pytest.approx(rho, abs=0.02)
    assert float(scores.latent_correlation(scores, np.array(0.0))) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("distribution", [[1.0], [0.3, 0.7], [0.98, 0.01, 0.01]])
def test_ends_without_a_width_do_not_raise_the_noise_in_the_scores(
    distribution: list[float],
) -> None:
    scores = NormalScores(np.asarray(distribution))
    noise = scores.slope2_mean(np.full(len(distribution), 100.0))
    assert 0 <= noise <= 1 - scores.hidden_variance + 1e-12
