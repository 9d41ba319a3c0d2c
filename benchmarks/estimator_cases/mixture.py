"""64 equally likely templates of 8 x 8 pixels under Gaussian and Poisson noise; `mixture`."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import logsumexp

from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import GaussianNoise, PoissonNoise, estimate_information

K, P, N, SIGMA_ADU = 64, 8, 5000, 10.0


class Case(NamedTuple):
    """Templates of a contrast, ADU (Gaussian noise) or share of ``mean_e`` photons (Poisson)."""

    says: str
    contrast: float
    blur: float = 0.0
    mean_e: float = 0.0
    repeats: int = 1
    reference: str = ""
    to_reach: str = "0.004"


CASES = (
    Case("separated, contrast 50", 50, reference="gaussian +0.58"),
    Case("separated, contrast 50, two repeats", 50, repeats=2, to_reach="0.002"),
    Case("contrast 12", 12),
    Case("contrast 8", 8),
    Case("smooth, contrast 12", 12, blur=1.5),
    Case("smooth, contrast 8", 8, blur=1.5),
    Case("smooth, contrast 8, two repeats", 8, blur=1.5, repeats=2, to_reach="0.002"),
    Case("very smooth, contrast 8", 8, blur=3.0),
    Case("contrast 4", 4, to_reach=""),
    Case("Poisson, mean 3", 0.6, mean_e=3, reference="gaussian +0.49", to_reach="0.008"),
    Case("Poisson, mean 30", 0.6, mean_e=30, reference="gaussian +0.72", to_reach="0.008"),
    Case("Poisson, mean 300", 0.6, mean_e=300, reference="gaussian +1.43", to_reach="0.008"),
)


def rows(n_seeds: int) -> Iterator[Row]:
    """Measure every case with every seed; each seed has templates of its own."""
    for case in CASES:
        noise = PoissonNoise() if case.mean_e else GaussianNoise(SIGMA_ADU)
        errors, bounds, truths, seconds = [], [], [], []
        for seed in range(n_seeds):
            rng = np.random.default_rng(seed)
            x = templates(case, rng)
            chosen = x[rng.integers(K, size=N)]
            y = np.stack([measured(case, chosen, rng) for _ in range(case.repeats)], axis=1)
            frames = y.reshape(N, case.repeats, P, P)
            started = time.perf_counter()
            found = estimate_information(frames, noise, "mixture", P)
            seconds.append(time.perf_counter() - started)
            truths.append(truth_bits(case, x))
            errors.append(found.bits_per_pixel - truths[-1])
            bounds.append(found.details["held_out_bits"] - truths[-1])
        yield Row(
            f"mixture, 64 templates, {case.says}",
            float(np.mean(errors)),
            float(np.std(errors)),
            statistics.median(seconds),
            case.reference,
            case.to_reach,
            f"truth {np.mean(truths):.4f}, bound {np.mean(bounds):+.4f}",
        )


def templates(case: Case, rng: np.random.Generator) -> Floats:
    """(K, d) ADU or photons."""
    pattern = rng.standard_normal((K, P, P))
    if case.blur:
        pattern = gaussian_filter(pattern, (0, case.blur, case.blur), mode="wrap")
        pattern /= pattern.std()
    flat = pattern.reshape(K, P * P)
    if case.mean_e:
        return np.asarray(case.mean_e * np.exp(case.contrast * flat - case.contrast**2 / 2))
    return 500 + case.contrast * flat


def measured(case: Case, x: Floats, rng: np.random.Generator) -> Floats:
    """Noisy patches of the templates ``x`` (n, d)."""
    if case.mean_e:
        return rng.poisson(x).astype(np.float64)
    return x + SIGMA_ADU * rng.standard_normal(x.shape)


def truth_bits(case: Case, x: Floats) -> float:
    """Information about which template it was, from the posterior of noisy patches."""
    rng = np.random.default_rng(10**6)
    y = measured(case, x[rng.integers(K, size=20_000)], rng)
    if case.mean_e:
        joint = y @ np.log(x).T - x.sum(axis=1)
    else:
        joint = ((y - 500) @ (x - 500).T - ((x - 500) ** 2).sum(axis=1) / 2) / SIGMA_ADU**2
    posterior = joint - logsumexp(joint, axis=1, keepdims=True)
    left = -float((np.exp(posterior) * posterior).sum(axis=1).mean())
    return (math.log(K) - left) / math.log(2) / P**2
