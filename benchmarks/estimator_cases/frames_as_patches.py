"""Frames that are patches: flat ones, processes, few directions, templates, of known truth."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import GaussianNoise, estimate_information

SIGMA_ADU, BLUR_PX, BORDER_PX = 4.0, 1.5, 16
SIZES = ((8, 300), (12, 100), (12, 300), (12, 1200), (16, 100), (24, 200))
Scenes = Callable[[int, int, np.random.Generator], tuple[Floats, float]]


def rows(n_seeds: int) -> Iterator[Row]:
    """Measure the error of each kind of scenes at each size."""
    kinds: dict[str, Scenes] = {
        "flat": flat,
        "process": process,
        "3 directions": directions,
        "10 templates": templates,
    }
    for name, scenes in kinds.items():
        for side, n in SIZES:
            yield _row(name, scenes, side, n, n_seeds)


def _row(name: str, scenes: Scenes, side: int, n: int, n_seeds: int) -> Row:
    errors, seconds, held = [], [], 0
    truth = 0.0
    for seed in range(n_seeds):
        rng = np.random.default_rng(1000 + seed)
        scene, truth = scenes(n, side, rng)
        values = 500 + SIGMA_ADU * (scene + rng.standard_normal(scene.shape))
        frames = np.rint(values).astype(np.uint16)
        started = time.perf_counter()
        found = estimate_information(frames, GaussianNoise(SIGMA_ADU), "predictive", side)
        seconds.append(time.perf_counter() - started)
        errors.append(found.bits_per_pixel - truth)
        held += found.ci_low <= truth <= found.ci_high
    return Row(
        f"{n} frames of {side} x {side}, {name}, truth {truth:.4f}",
        float(np.mean(errors)),
        float(np.std(errors)),
        statistics.median(seconds),
        to_reach="0.02",
        note=f"covered {held} of {n_seeds}",
    )


def flat(n: int, side: int, rng: np.random.Generator) -> tuple[Floats, float]:
    """(n, side, side) in units of the noise, and bits per pixel."""
    return np.zeros((n, side, side)), 0.0


def process(n: int, side: int, rng: np.random.Generator) -> tuple[Floats, float]:
    """White noise that was blurred, twice the noise."""
    wide = side + 2 * BORDER_PX
    white = rng.standard_normal((n, wide, wide))
    inside = slice(BORDER_PX, -BORDER_PX)
    scene = gaussian_filter(white, (0, BLUR_PX, BLUR_PX))[:, inside, inside]
    impulse = np.zeros((61, 61))
    impulse[30, 30] = 1.0
    size = 2 * 61 - 1
    passed = np.fft.fft2(gaussian_filter(impulse, BLUR_PX), s=(size, size))
    lags = np.fft.ifft2(np.abs(passed) ** 2).real
    apart = np.subtract.outer(np.arange(side), np.arange(side)) % size
    covariance = lags[apart[:, None, :, None], apart[None, :, None, :]].reshape(side**2, -1)
    seen = np.eye(side**2) + 4 * covariance / lags[0, 0]
    truth = 0.5 * np.linalg.slogdet(seen)[1] / math.log(2) / side**2
    return 2 * scene / math.sqrt(lags[0, 0]), float(truth)


def directions(n: int, side: int, rng: np.random.Generator) -> tuple[Floats, float]:
    """Three directions, each as strong as all noise together."""
    d = side**2
    along = np.linalg.qr(np.random.default_rng(5).standard_normal((d, 3)))[0]
    scene = math.sqrt(d) * rng.standard_normal((n, 3)) @ along.T
    return scene.reshape(n, side, side), 1.5 * math.log2(1 + d) / d


def templates(n: int, side: int, rng: np.random.Generator) -> tuple[Floats, float]:
    """Ten white templates of 0.3 of the noise: together their pixels tell them apart."""
    kinds = 0.3 * np.random.default_rng(6).standard_normal((10, side, side))
    return kinds[rng.integers(10, size=n)], math.log2(10) / side**2
