"""Scenes of one texture whose contrast varies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import logsumexp

from hil.information import estimate_information
from hil.noise import GaussianNoise

P = 6


D = P * P


def test_contrast_that_varies_is_what_a_scale_mixture_is_for() -> None:
    rng = np.random.default_rng(6)
    n, noise_sd = 3000, 5.0
    apart = np.abs(np.subtract.outer(np.arange(P), np.arange(P)))
    row = np.linalg.cholesky(np.exp(-apart / 3.0))
    texture = np.einsum("ij,njk,lk->nil", row, rng.standard_normal((n, P, P)), row)
    contrast = np.where(rng.random(n) < 0.7, 2.0, 40.0)[:, None, None]
    frames = 500 + contrast * texture + rng.normal(0, noise_sd, texture.shape)
    covariance = np.kron(row @ row.T, row @ row.T)
    flat = frames.reshape(n, D) - 500
    joint = []
    for share, scale in ((0.7, 2.0), (0.3, 40.0)):
        total = scale**2 * covariance + noise_sd**2 * np.eye(D)
        solved = np.linalg.solve(total, flat.T).T
        quadratic = np.einsum("nd,nd->n", flat, solved)
        log_det = np.linalg.slogdet(2 * math.pi * total)[1]
        joint.append(math.log(share) - 0.5 * (quadratic + log_det))
    h_y = -float(logsumexp(joint, axis=0).mean()) / D
    h_noise = 0.5 * math.log(2 * math.pi * math.e * noise_sd**2)
    truth = (h_y - h_noise) / math.log(2)
    found = estimate_information(frames, GaussianNoise(noise_sd), "scale_mixture", P)
    gaussian = estimate_information(frames, GaussianNoise(noise_sd), "stationary", P)
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.015)
    assert gaussian.bits_per_pixel > truth + 0.2
