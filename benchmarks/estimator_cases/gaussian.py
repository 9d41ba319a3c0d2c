"""Gaussian families: processes that they contain, and scenes behind optics."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks.estimator_cases import problems
from benchmarks.estimator_cases.table import Row
from hil.information import estimate_information
from hil.noise import GaussianNoise

SIGMA = 10.0


class Case(NamedTuple):
    """Scenes with a covariance, ADU^2, and the estimator to try on ``n`` patches of them."""

    name: str
    estimator: str
    covariance: problems.Floats
    n: int
    reference: str
    to_reach: str


def rows(n_seeds: int) -> Iterator[Row]:
    noise = GaussianNoise(SIGMA)
    process, place = problems.exponential(), problems.windowed()
    for case in (
        Case("process", "stationary", process, 5000, "55 s, -0.0015, 1.7 GB", "0.05 s, 0.001"),
        Case("process", "gaussian", process, 5000, "7.4 s, +0.0238", "0.15 s, 0.002"),
        Case("process, not stationary", "gaussian", place, 5000, "7.4 s, +0.0238", "0.15 s, 0.004"),
        Case("process, 300 patches", "stationary", process, 300, "", "0.002 (best)"),
    ):
        truth = problems.process_truth_bits(case.covariance, SIGMA)
        found = [
            estimate_information(
                problems.process_patches(case.covariance, SIGMA, case.n, seed),
                noise,
                case.estimator,
            )
            for seed in range(n_seeds)
        ]
        errors = np.array([one.bits_per_pixel for one in found]) - truth
        bound = np.mean([one.details["held_out_bits"] for one in found]) - truth
        covered = sum(one.ci_low <= truth <= one.ci_high for one in found)
        frames = problems.process_patches(case.covariance, SIGMA, case.n, 0)
        run = partial(estimate_information, frames, noise, case.estimator)
        yield Row(
            f"{case.name}, truth {truth:.4f}; {case.estimator}",
            float(errors.mean()),
            float(errors.std()),
            problems.median_seconds(run),
            case.reference,
            case.to_reach,
            f"bound {bound:+.4f}, covered {covered} of {n_seeds}",
        )
    yield from _smooth(min(n_seeds, 6))


def _smooth(n_seeds: int) -> Iterator[Row]:
    noise = GaussianNoise(SIGMA)
    for amplitude, length in ((30.0, 2.0), (300.0, 2.0), (3000.0, 2.0), (300.0, 5.0)):
        truth = problems.process_truth_bits(
            problems.smooth_covariance(16, amplitude, length), SIGMA
        )
        errors = []
        for seed in range(n_seeds):
            scene = problems.smooth_fields(8, 256, amplitude, length, seed)
            rng = np.random.default_rng(100 + seed)
            frames = scene + SIGMA * rng.standard_normal(scene.shape)
            errors.append(estimate_information(frames, noise).bits_per_pixel - truth)
        snr = (amplitude / SIGMA) ** 2
        yield Row(
            f"8 smooth fields of 256, SNR {snr:g}, length {length:g}; stationary",
            float(np.mean(errors)),
            float(np.std(errors)),
            problems.median_seconds(partial(estimate_information, frames, noise)),
            note=f"truth {truth:.4f}",
        )
