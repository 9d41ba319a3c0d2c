"""Bounds from pairs on templates: lower <= truth <= upper."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from scipy.special import gammaln

from benchmarks.estimator_cases import problems
from benchmarks.estimator_cases.table import Row
from hil.information import estimate_information
from hil.noise import GaussianNoise, NoiseModel, PoissonNoise

K, P, N = 64, 8, 5000
CHANCE = 1e-3  # bits: of the templates' frequencies in a sample, not of the estimator


def rows(n_seeds: int) -> Iterator[Row]:
    for contrast in (30.0, 12.0, 8.0, 4.0, 2.0):
        for repeats in (1, 2, 8):
            yield _row(f"contrast {contrast:g}", GaussianNoise(10), contrast, repeats, n_seeds)
    for mean in (3.0, 30.0, 300.0):
        yield _row(f"{mean:g} photons", PoissonNoise(), mean, 8, n_seeds)


def _row(name: str, noise: NoiseModel, level: float, repeats: int, n_seeds: int) -> Row:
    low, high, between = [], [], 0
    for seed in range(n_seeds):
        rng = np.random.default_rng(seed)
        templates = level * rng.standard_normal((K, P * P))
        if isinstance(noise, PoissonNoise):
            templates = level * np.exp(templates / level / 2)
        truth = _truth(templates, noise, rng)
        scene = np.repeat(templates[rng.integers(0, K, N), None], repeats, axis=1)
        frames = noise.sample(scene, rng).reshape(N, repeats, P, P)
        run = partial(estimate_information, frames, noise, "pairwise", patch_size=P)
        details = run().details
        low.append(details["lower_bits"] - truth)
        high.append(details["upper_bits"] - truth)
        between += low[-1] <= CHANCE and high[-1] >= -CHANCE
    return Row(
        f"64 templates, {name}, {repeats} repeats; pairwise, upper",
        float(np.mean(high)),
        float(np.std(high)),
        problems.median_seconds(run, 3),
        "no such estimator",
        "between in 95 %; 0.004",
        f"lower {np.mean(low):+.4f} ({np.std(low):.4f}), truth between in {between} of {n_seeds}",
    )


def _truth(templates: problems.Floats, noise: NoiseModel, rng: np.random.Generator) -> float:
    y = np.asarray(noise.sample(templates[rng.integers(0, K, 20_000)], rng), np.float64)

    def log_likelihood(y: problems.Floats) -> problems.Floats:
        if isinstance(noise, GaussianNoise):
            square = (y**2).sum(axis=1)[:, None] - 2 * y @ templates.T + (templates**2).sum(axis=1)
            return np.asarray(-square / (2 * noise.sigma_adu**2))
        constant = gammaln(y + 1).sum(axis=1)[:, None]
        return np.asarray(y @ np.log(templates).T - templates.sum(axis=1) - constant)

    return problems.template_truth_bits(templates, y, log_likelihood)
