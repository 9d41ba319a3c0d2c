"""Accuracy and speed of the information estimators on problems with known answers.

Run it with nothing else running: ``python benchmarks/estimators.py [SEEDS]``. Errors are bits per
pixel, means over seeds with their spread; times are medians of five runs.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil.information import estimate_information
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise

P = 16
SIGMA = 10.0
Floats = NDArray[np.float64]


class Case(NamedTuple):
    """Scenes with a covariance, ADU^2, and the estimator to try on ``n`` patches of them."""

    name: str
    estimator: str
    covariance: Floats
    n: int


def place() -> NDArray[np.intp]:
    return np.stack(np.meshgrid(np.arange(P), np.arange(P), indexing="ij"), axis=-1).reshape(-1, 2)


def exponential() -> Floats:
    apart = np.linalg.norm(place()[:, None] - place()[None], axis=-1)
    return np.asarray(900 * np.exp(-apart / 3), dtype=np.float64)


def windowed() -> Floats:
    weight = 0.3 + 1.4 * np.sin(np.pi * (place()[:, 0] + 0.5) / P)
    return np.asarray(exponential() * np.outer(weight, weight), dtype=np.float64)


def truth_bits(covariance: Floats) -> float:
    d = P * P
    log_det = np.linalg.slogdet(np.eye(d) + covariance / SIGMA**2)[1]
    return float(log_det) / (2 * d * math.log(2))


def patches(covariance: Floats, n: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    scene = rng.standard_normal((n, P * P)) @ np.linalg.cholesky(covariance).T
    noisy = scene + SIGMA * rng.standard_normal(scene.shape)
    return np.asarray(noisy.reshape(n, P, P), dtype=np.float64)


def median_seconds(run: Callable[[], object]) -> float:
    run()
    times = []
    for _ in range(5):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def gaussian_processes(seeds: int) -> None:
    noise = GaussianNoise(SIGMA)
    print(f"Gaussian-process scenes, {P} x {P}, sigma {SIGMA:g}, {seeds} seeds")
    print(f"{'case':<28}{'truth':>8}{'error':>9}{'spread':>8}{'bound':>9}{'covered':>9}{'s':>8}")
    for case in (
        Case("stationary", "stationary", exponential(), 5000),
        Case("gaussian", "gaussian", exponential(), 5000),
        Case("gaussian, non-stationary", "gaussian", windowed(), 5000),
        Case("stationary, 300 patches", "stationary", exponential(), 300),
        Case("gaussian, 300 patches", "gaussian", exponential(), 300),
    ):
        truth = truth_bits(case.covariance)
        errors, bounds, covered = [], [], 0
        for seed in range(seeds):
            found = estimate_information(
                patches(case.covariance, case.n, seed), noise, case.estimator
            )
            errors.append(found.bits_per_pixel - truth)
            bounds.append(found.details["held_out_bits"] - truth)
            covered += found.ci_low <= truth <= found.ci_high
        frames = patches(case.covariance, case.n, 0)
        seconds = median_seconds(partial(estimate_information, frames, noise, case.estimator))
        print(
            f"{case.name:<28}{truth:8.4f}{np.mean(errors):+9.4f}{np.std(errors):8.4f}"
            f"{np.mean(bounds):+9.4f}{covered:6d}/{seeds}{seconds:8.3f}"
        )


def noise_entropy(seeds: int) -> None:
    pixels = 2_000_000
    print(f"\nH(Y given X) from noisy pixels alone, log-normal light (spread 0.6), {pixels} pixels")
    print(f"{'noise':<82}{'mean e':>8}{'error':>9}{'spread':>8}")
    models: list[NoiseModel] = [
        PoissonNoise(),
        CameraNoise(0.5, 100, 1.6),
        CameraNoise(0.25, 100, 0.3),
    ]
    for noise in models:
        for mean_e in (1, 3, 10, 30, 1000):
            errors = []
            for seed in range(min(seeds, 6)):
                rng = np.random.default_rng(seed)
                lambda_e = mean_e * np.exp(0.6 * rng.standard_normal(pixels) - 0.18)
                y = rng.poisson(lambda_e)
                if isinstance(noise, CameraNoise):
                    read = noise.read_noise_e * rng.standard_normal(pixels)
                    y = np.rint((y + read) / noise.gain_e_per_adu + noise.offset_adu).astype(int)
                assert isinstance(noise, (PoissonNoise, CameraNoise))
                truth = noise.entropy_nats(lambda_e).mean()
                errors.append((noise.entropy_phi_nats(y, True).mean() - truth) / math.log(2))
            print(f"{noise!r:<82}{mean_e:8g}{np.mean(errors):+9.4f}{np.std(errors):8.4f}")


def one_trial() -> None:
    rng = np.random.default_rng(0)
    noise = CameraNoise(0.5, 100, 1.6)
    lit = 300 + 80 * rng.standard_normal((8, 1, 256, 256))
    adu = rng.poisson(np.maximum(lit, 0)) / 0.5 + 100 + rng.normal(0, 3.2, lit.shape)
    frames = np.clip(np.rint(adu), 0, 65535).astype(np.uint16)
    seconds = median_seconds(lambda: estimate_information(frames, noise))
    print(f"\none trial, 8 frames of 256 x 256, camera noise, stationary: {seconds * 1e3:.0f} ms")


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    gaussian_processes(seeds)
    noise_entropy(seeds)
    one_trial()


if __name__ == "__main__":
    main()
