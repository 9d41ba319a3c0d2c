"""Mixtures: scenes under the known noise, and contrasts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm, poisson

from hil.information import estimate_information
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise
from hil.noise.entropy.camera_pixel import CameraPixel

P = 6
D = P * P
N = 1000
Measure = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class Templates(NamedTuple):
    """Equally likely scenes; ``contrast`` in units of the mean, or ADU for Gaussian noise."""

    says: str
    noise: NoiseModel
    mean: float
    contrast: float
    k: int = 10
    repeats: int = 1


CAMERA = CameraNoise(0.5, 20, 1.6, 8)
CASES = [
    Templates("Gaussian, separated", GaussianNoise(10), 500, 30),
    Templates("Gaussian, overlapping", GaussianNoise(10), 500, 4.5),
    Templates("Gaussian, overlapping, two repeats", GaussianNoise(10), 500, 4.5, repeats=2),
    Templates("Poisson, 3 photons", PoissonNoise(), 3, 0.6),
    Templates("Poisson, 30 photons", PoissonNoise(), 30, 0.3),
    Templates("camera, 5 electrons", CAMERA, 5, 0.6),
]


def scenes(case: Templates, rng: np.random.Generator) -> np.ndarray:
    pattern = rng.standard_normal((case.k, D))
    if isinstance(case.noise, GaussianNoise):
        return case.mean + case.contrast * pattern
    return np.asarray(case.mean * np.exp(case.contrast * pattern - case.contrast**2 / 2))


def measured(case: Templates, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if isinstance(case.noise, GaussianNoise):
        return x + case.noise.sigma_adu * rng.standard_normal(x.shape)
    electrons = rng.poisson(x)
    if isinstance(case.noise, CameraNoise):
        c = case.noise
        adu = (electrons + rng.normal(0, c.read_noise_e, x.shape)) / c.gain_e_per_adu + c.offset_adu
        return np.asarray(np.clip(np.rint(adu), 0, c.highest_adu))
    return np.asarray(electrons)


def log_likelihood(case: Templates, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(n, K), by nothing of the estimator's own."""
    if isinstance(case.noise, GaussianNoise):
        return np.stack([norm.logpdf(y, one, case.noise.sigma_adu).sum(axis=1) for one in x], 1)
    if isinstance(case.noise, PoissonNoise):
        return np.stack([poisson.logpmf(y, one).sum(axis=1) for one in x], 1)
    c = CAMERA
    distribution = CameraPixel(c.gain_e_per_adu, c.offset_adu, c.read_noise_e, c.highest_adu)
    table = np.log(np.maximum(distribution.probabilities(x.ravel(), np.arange(257) - 0.5), 1e-300))
    table = table.reshape(*x.shape, 256)
    codes = y.astype(int)
    pixel = np.arange(x.shape[1])
    return np.stack([one[pixel, codes].sum(axis=1) for one in table], axis=1)


def noise_entropy_nats(case: Templates, x: np.ndarray) -> np.ndarray:
    if isinstance(case.noise, GaussianNoise):
        return np.full(1, 0.5 * math.log(2 * math.pi * math.e * case.noise.sigma_adu**2))
    assert isinstance(case.noise, (PoissonNoise, CameraNoise))
    return case.noise.entropy_nats(x)


def truth_bits(case: Templates, x: np.ndarray) -> float:
    rng = np.random.default_rng(77)
    y = measured(case, x[rng.integers(case.k, size=6000)], rng)
    joint = log_likelihood(case, y, x)
    posterior = joint - logsumexp(joint, axis=1, keepdims=True)
    left = -(np.exp(posterior) * posterior).sum(axis=1).mean()
    return float(math.log2(case.k) - left / math.log(2)) / D


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_information_about_templates(case: Templates) -> None:
    errors, bounds = [], []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        x = scenes(case, rng)
        label = rng.integers(case.k, size=N)
        y = np.stack([measured(case, x[label], rng) for _ in range(case.repeats)], axis=1)
        frames = y.reshape(N, case.repeats, P, P)
        found = estimate_information(frames, case.noise, "mixture", P)
        # with the exact entropy of the noise: that from few dim pixels scatters by more than this
        truth = truth_bits(case, x)
        noise_nats = float(np.mean(noise_entropy_nats(case, x)))
        own = (found.h_y_nats - noise_nats) / math.log(2)
        errors.append(own - truth)
        bounds.append(own - found.bits_per_pixel + found.details["held_out_bits"] - truth)
        assert found.n_units == N
    # 72,000 pixels, each with a scatter of about 0.7 nat
    assert abs(np.mean(errors)) < 0.01
    assert np.mean(bounds) > 0


def test_a_gaussian_is_far_off_where_the_mixture_is_right() -> None:
    case = CASES[0]
    rng = np.random.default_rng(1)
    frames = measured(case, scenes(case, rng)[rng.integers(case.k, size=N)], rng)
    frames = frames.reshape(N, P, P)
    gaussian = estimate_information(frames, case.noise, "gaussian", P)
    mixture = estimate_information(frames, case.noise, "mixture", P)
    assert mixture.details["scenes"] == case.k
    assert gaussian.details["held_out_bits"] > mixture.details["held_out_bits"] + 0.15


def test_one_scene_carries_nothing() -> None:
    rng = np.random.default_rng(2)
    frames = 300 + 50 * rng.standard_normal((P, P)) + rng.normal(0, 10, (800, P, P))
    found = estimate_information(frames, GaussianNoise(10), "mixture", P)
    assert found.bits_per_pixel == pytest.approx(0, abs=0.01)
    assert found.details["held_out_bits"] < 0.02


def test_is_the_same_for_the_same_seed() -> None:
    rng = np.random.default_rng(3)
    case = CASES[1]
    frames = measured(case, scenes(case, rng)[rng.integers(case.k, size=400)], rng)
    found = [
        estimate_information(frames.reshape(-1, P, P), case.noise, "mixture", P, seed=seed)
        for seed in (5, 5, 6)
    ]
    assert found[0].bits_per_pixel == found[1].bits_per_pixel
    assert found[0].bits_per_pixel != found[2].bits_per_pixel
