"""The neural density where the truth is known: Gaussian processes, cold and warm, and templates."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.estimator_cases import mixture
from benchmarks.estimator_cases.problems import exponential, process_patches, process_truth_bits
from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import GaussianNoise, PoissonNoise, estimate_information
from hil.information.estimators.pixelcnn import PixelCNN
from hil.records.estimate import Estimate

SIGMA_ADU = 10.0
PATCHES = 5000
SEEDS = 3  # are enough: the spread is small and a seed costs a minute
TEMPLATES = ("separated, contrast 50", "contrast 12", "contrast 8", "Poisson, mean 30")


def rows(n_seeds: int) -> Iterator[Row]:
    """Measure every case; errors are of the held-out bound."""
    seeds = range(min(n_seeds, SEEDS))
    yield from _processes(seeds)
    for case in mixture.CASES:
        if case.says in TEMPLATES:
            yield _templates(case, seeds)


def _processes(seeds: range) -> Iterator[Row]:
    """Each seed has a first measurement and, from its weights, a second one of new scenes."""
    covariance = exponential()
    truth = process_truth_bits(covariance, SIGMA_ADU)
    found: dict[str, list[tuple[Estimate, float]]] = {"cold": [], "warm": []}
    for seed in seeds:
        estimator = PixelCNN(keep_warm=True)
        for offset, start in enumerate(found):
            frames = process_patches(covariance, SIGMA_ADU, PATCHES, 2 * seed + offset)
            found[start].append(_timed(frames, estimator, 16))
    for start, to_reach in (("cold", "bound 0.006, 45 s"), ("warm", "5 s")):
        bounds = [estimate.details["held_out_bits"] - truth for estimate, _ in found[start]]
        yield Row(
            f"pixelcnn, Gaussian process, 5,000 patches, {start}",
            float(np.mean(bounds)),
            float(np.std(bounds)),
            statistics.median(estimate.seconds for estimate, _ in found[start]),
            "not finished in 900 s",
            to_reach,
            _cost(found[start]),
        )


def _templates(case: mixture.Case, seeds: range) -> Row:
    noise = PoissonNoise() if case.mean_e else GaussianNoise(SIGMA_ADU)
    bounds, found = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        x = mixture.templates(case, rng)
        y = mixture.measured(case, x[rng.integers(len(x), size=PATCHES)], rng)
        found.append(_timed(y.reshape(-1, mixture.P, mixture.P), PixelCNN(), mixture.P, noise))
        bounds.append(found[-1][0].details["held_out_bits"] - mixture.truth_bits(case, x))
    return Row(
        f"pixelcnn, 64 templates, {case.says}",
        float(np.mean(bounds)),
        float(np.std(bounds)),
        statistics.median(estimate.seconds for estimate, _ in found),
        "not finished in 900 s",
        "bound +0.25, 60 s",
        _cost(found),
    )


def _timed(
    frames: Floats,
    estimator: PixelCNN,
    patch_size: int,
    noise: GaussianNoise | PoissonNoise | None = None,
) -> tuple[Estimate, float]:
    """Estimate, with the processor's seconds."""
    started = time.process_time()
    noise = noise or GaussianNoise(SIGMA_ADU)
    estimate = estimate_information(frames, noise, estimator, patch_size)
    return estimate, time.process_time() - started


def _cost(found: list[tuple[Estimate, float]]) -> str:
    seconds = statistics.median(seconds for _, seconds in found)
    return f"held-out bound; {seconds:.0f} s of one processor"
