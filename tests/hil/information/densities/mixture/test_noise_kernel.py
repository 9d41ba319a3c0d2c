"""The noise as a mixture's kernel: its likelihood is the noise's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import norm, poisson

from hil.information.densities.mixture.noise_kernel import (
    CameraKernel,
    GaussianKernel,
    LinearVarianceKernel,
    NoiseKernel,
    PoissonKernel,
    noise_kernel,
)
from hil.information.sample.sample import Sample
from hil.noise import CameraNoise
from hil.noise.entropy.camera_pixel import CameraPixel

Likelihood = Callable[[np.ndarray, np.ndarray], np.ndarray]


CAMERA = CameraNoise(0.5, 20, 1.6, 8)


class Distribution(NamedTuple):
    says: str
    kernel: NoiseKernel
    exact: Likelihood
    y: np.ndarray
    mu: np.ndarray


def rounded_gaussian(y: np.ndarray, mu: np.ndarray) -> np.ndarray:
    cells = norm.cdf((y + 0.5 - mu) / 0.4) - norm.cdf((y - 0.5 - mu) / 0.4)
    return np.log(cells).sum(axis=-1)


DISTRIBUTIONS = [
    Distribution(
        "Gaussian",
        GaussianKernel(7.0, 100.0, False),
        lambda y, mu: norm.logpdf(y, mu, 7).sum(axis=-1),
        np.array([[98.5, 110], [120, 80]]),
        np.array([[100.0, 105], [101, 99], [90, 130]]),
    ),
    Distribution(
        "rounding shows",
        GaussianKernel(0.4, 100.0, True),
        rounded_gaussian,
        np.array([[100.0, 101], [99, 100]]),
        np.array([[100.2, 100.7], [99.4, 100.1], [100, 100]]),
    ),
    Distribution(
        "Poisson",
        PoissonKernel(),
        lambda y, mu: poisson.logpmf(y, mu).sum(axis=-1),
        np.array([[0.0, 3], [7, 2]]),
        np.array([[0.3, 2.5], [6, 1], [3, 3]]),
    ),
    Distribution(
        "variance that grows",
        LinearVarianceKernel(4.0, 2.0, 100.0),
        lambda y, mu: norm.logpdf(y, mu, np.sqrt(4 + 2 * mu)).sum(axis=-1),
        np.array([[98.5, 110], [120, 80]]),
        np.array([[100.0, 105], [101, 99], [90, 130]]),
    ),
]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda distribution: distribution.says)
def test_kernels_give_the_noise_s_likelihood(distribution: Distribution) -> None:
    expected = distribution.exact(distribution.y[:, None], distribution.mu[None])
    own = distribution.kernel.exact(distribution.y, np.broadcast_to(distribution.mu, (2, 3, 2)))
    if own is None:
        weights, constants = distribution.kernel.coefficients(distribution.mu)
        own = (
            distribution.kernel.features(distribution.y) @ weights.T
            + constants
            + distribution.kernel.base(distribution.y)[:, None]
        )
    assert own == pytest.approx(expected, abs=1e-8)


def test_camera_kernel_reads_the_exact_law_near_the_clip() -> None:
    distribution = CameraPixel(0.5, 20, 1.6, 255)
    lambda_e = np.array([[2.0, 40.0, 117.0]])
    probability = distribution.probabilities(lambda_e[0], np.arange(257) - 0.5)
    mean = (probability @ np.arange(256))[None, None]
    y = np.array([[24.0, 102, 255], [20, 95, 250]])
    frames = np.broadcast_to(y[:, None, None], (2, 1, 1, 3))
    sample = Sample(frames, 1, 100.0, 50.0, discrete=True, noise=CAMERA)
    kernel = noise_kernel(sample)
    assert isinstance(kernel, CameraKernel)
    exact = kernel.exact(y, np.broadcast_to(mean, (2, 1, 3)))
    expected = np.log(probability[np.arange(3), y.astype(int)]).sum(axis=1)
    assert exact is not None
    assert exact[:, 0] == pytest.approx(expected, abs=2e-3)
