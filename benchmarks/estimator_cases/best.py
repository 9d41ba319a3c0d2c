"""`best`: few patches of a Gaussian process, and how time grows with their number."""

from __future__ import annotations

import math
import statistics
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np

from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import GaussianNoise, estimate_information

P, SIGMA_ADU = 16, 10.0


def rows(n_seeds: int) -> Iterator[Row]:
    """Measure accuracy at 300 patches, then times from 1,000 to 30,000."""
    yield _few_patches(n_seeds)
    for estimator in ("copula", "copula_gaussian", "scale_mixture", "mixture", "best"):
        yield _growth(estimator)


def _few_patches(n_seeds: int) -> Row:
    covariance = exponential()
    d = P * P
    truth = np.linalg.slogdet(np.eye(d) + covariance / SIGMA_ADU**2)[1] / (2 * d * math.log(2))
    errors, seconds = [], []
    chosen: Counter[str] = Counter()
    for seed in range(n_seeds):
        frames = patches(300, np.random.default_rng(seed))
        started = time.perf_counter()
        found = estimate_information(frames, GaussianNoise(SIGMA_ADU), "best", P)
        seconds.append(time.perf_counter() - started)
        errors.append(found.bits_per_pixel - truth)
        chosen[found.details["chosen"]] += 1
    inside = np.mean(np.abs(errors) < 0.01)
    return Row(
        "best, Gaussian process, 16 x 16, 300 patches",
        float(np.mean(errors)),
        float(np.std(errors)),
        statistics.median(seconds),
        to_reach="mean 0.002, 95 % of seeds within 0.01",
        note=f"{inside:.0%} within 0.01; {dict(chosen)}",
    )


def _growth(estimator: str) -> Row:
    sizes, seconds = (1000, 3000, 10_000, 30_000), []
    for n in sizes:
        frames = patches(n, np.random.default_rng(n))[:, :8, :8]
        started = time.process_time()
        estimate_information(frames, GaussianNoise(SIGMA_ADU), estimator, 8)
        seconds.append(time.process_time() - started)
    slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    return Row(
        f"{estimator}, 8 x 8, 1,000 to 30,000 patches",
        math.nan,
        math.nan,
        seconds[-1],
        to_reach="log-log slope 1.05",
        note=f"slope {slope:.2f}, CPU s " + " ".join(f"{s:.2f}" for s in seconds),
    )


def exponential() -> Floats:
    """(d, d) covariance of length 3 pixels and amplitude 30 ADU."""
    place = np.stack(np.meshgrid(np.arange(P), np.arange(P)), axis=-1).reshape(-1, 2)
    apart = np.linalg.norm(place[:, None] - place[None], axis=-1)
    return np.asarray(900 * np.exp(-apart / 3), dtype=np.float64)


def patches(n: int, rng: np.random.Generator) -> Floats:
    """(n, P, P) ADU."""
    scene = rng.standard_normal((n, P * P)) @ np.linalg.cholesky(exponential()).T
    noisy = scene + SIGMA_ADU * rng.standard_normal(scene.shape)
    return np.asarray(noisy.reshape(n, P, P), dtype=np.float64)
