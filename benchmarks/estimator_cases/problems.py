"""Scenes whose information is known, and how an estimate of them is timed."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, softmax

from drivers.types import Floats


def median_seconds(run: Callable[[], object], runs: int = 5) -> float:
    run()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def places(p: int) -> NDArray[np.intp]:
    return np.stack(np.meshgrid(np.arange(p), np.arange(p), indexing="ij"), axis=-1).reshape(-1, 2)


def exponential(p: int = 16) -> Floats:
    apart = np.linalg.norm(places(p)[:, None] - places(p)[None], axis=-1)
    return np.asarray(900 * np.exp(-apart / 3), dtype=np.float64)


def windowed(p: int = 16) -> Floats:
    weight = 0.3 + 1.4 * np.sin(np.pi * (places(p)[:, 0] + 0.5) / p)
    return np.asarray(exponential(p) * np.outer(weight, weight), dtype=np.float64)


def process_truth_bits(covariance: Floats, sigma: float) -> float:
    d = covariance.shape[0]
    log_det = np.linalg.slogdet(np.eye(d) + covariance / sigma**2)[1]
    return float(log_det) / (2 * d * math.log(2))


def process_patches(covariance: Floats, sigma: float, n: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    d = covariance.shape[0]
    p = math.isqrt(d)
    scene = rng.standard_normal((n, d)) @ np.linalg.cholesky(covariance).T
    return np.asarray((scene + sigma * rng.standard_normal(scene.shape)).reshape(n, p, p))


def smooth_fields(n: int, side: int, amplitude: float, length: float, seed: int) -> Floats:
    """Gaussian fields of covariance amplitude^2 exp(-r^2 / 2 length^2)."""
    rng = np.random.default_rng(seed)
    # on a torus twice as large, whose period the fields do not see
    apart = np.minimum(np.arange(2 * side), 2 * side - np.arange(2 * side))
    square = apart[:, None] ** 2 + apart**2
    covariance = amplitude**2 * np.exp(-square / (2 * length**2))
    filtered = np.sqrt(np.maximum(np.fft.fft2(covariance).real, 0))
    fields = [
        np.fft.ifft2(filtered * np.fft.fft2(rng.standard_normal(square.shape))).real[:side, :side]
        for _ in range(n)
    ]
    return np.stack(fields)


def smooth_covariance(p: int, amplitude: float, length: float) -> Floats:
    square = ((places(p)[:, None] - places(p)[None]) ** 2).sum(axis=-1)
    return np.asarray(amplitude**2 * np.exp(-square / (2 * length**2)), dtype=np.float64)


def template_truth_bits(
    templates: Floats, y: Floats, log_likelihood: Callable[[Floats], Floats]
) -> float:
    """(log2 K - mean entropy of the posterior over K templates) / d, from measurements ``y``."""
    k, d = templates.shape
    posterior = entr(softmax(log_likelihood(y), axis=1)).sum(axis=1).mean()
    return float((math.log(k) - posterior) / (d * math.log(2)))
