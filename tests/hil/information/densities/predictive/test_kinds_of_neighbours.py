"""Mixtures of Gaussians fitted to many samples."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.predictive.kinds_of_neighbours import mixture


def test_two_clouds_are_found_with_their_shapes() -> None:
    rng = np.random.default_rng(0)
    shape = np.array([[30.0, 20.0], [20.0, 30.0]])
    z = np.concatenate(
        [
            rng.multivariate_normal([-200, 0], shape, 3000),
            rng.multivariate_normal([300, 50], 2 * np.eye(2), 1000),
        ]
    ).T
    pi, mu, covariance = mixture(z, rng)
    assert pi.sum() == pytest.approx(1)
    left = mu[:, 0] < 0
    assert pi[left].sum() == pytest.approx(0.75, abs=0.01)
    share = pi[left] / pi[left].sum()
    centre = share @ mu[left]
    apart = mu[left] - centre
    whole = np.einsum("k,kij->ij", share, covariance[left]) + (share * apart.T) @ apart
    assert centre == pytest.approx([-200, 0], abs=1)
    assert whole == pytest.approx(shape, abs=3)


def test_no_direction_has_less_than_the_noise() -> None:
    """Where all samples are alike, and where they are a line."""
    rng = np.random.default_rng(1)
    for z in (np.full((3, 500), 7.0), np.outer([1.0, 1.0, 1.0], rng.standard_normal(500) * 1e3)):
        covariance = mixture(z, rng)[2]
        assert np.linalg.eigvalsh(covariance).min() > 1 - 1e-6
