"""Integer pixels that no Gaussian describes: flat fields, clipping, log-normal light; `copula`."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, ndtr, ndtri

from benchmarks.estimator_cases.table import Row
from hil.information import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise
from hil.information import estimate_information as estimate

SHAPE = (16, 1, 128, 128)
Frames = Callable[[np.random.Generator], NDArray[np.generic]]


class Case(NamedTuple):
    """Frames, their noise, H(Y) and H(Y|X) of a pixel in nats, and the error to reach."""

    says: str
    noise: NoiseModel
    frames: Frames
    h_y: float
    h_y_given_x: float
    to_reach: float
    reference: str = ""


def rows(n_seeds: int) -> Iterator[Row]:
    """Measure every case with every seed."""
    for case in (*_photons(), *_clipped(), *_rounded(), *_log_normal()):
        errors, own, seconds = [], [], []
        for seed in range(n_seeds):
            frames = case.frames(np.random.default_rng(seed))
            started = time.perf_counter()
            found = estimate(frames, case.noise, "copula", max_saturated_share=1.0)
            seconds.append(time.perf_counter() - started)
            errors.append(found.bits_per_pixel - (case.h_y - case.h_y_given_x) / math.log(2))
            own.append((found.h_y_nats - case.h_y) / math.log(2))
        yield Row(
            f"copula, {case.says}",
            float(np.mean(errors)),
            float(np.std(errors)),
            statistics.median(seconds),
            case.reference,
            f"{case.to_reach:g}",
            f"H(Y) alone {np.mean(own):+.4f} +- {np.std(own):.4f}",
        )


def _photons() -> Iterator[Case]:
    noise = PoissonNoise()
    for mean_e in (0.3, 1, 3, 10, 30):
        h = float(noise.entropy_nats(np.array([mean_e]))[0])

        def frames(rng: np.random.Generator, mean_e: float = mean_e) -> NDArray[np.generic]:
            return rng.poisson(mean_e, SHAPE)

        yield Case(f"flat, {mean_e:g} photons", noise, frames, h, h, 0.005, "+0.36 to +1.1")


def _clipped() -> Iterator[Case]:
    noise = CameraNoise(0.5, 100, 1.6, 12)
    top = (noise.highest_adu - noise.offset_adu) * noise.gain_e_per_adu
    for share in (0.01, 0.05, 0.2, 0.5, 0.9):
        lambda_e = top + float(ndtri(share)) * math.sqrt(top)
        h = float(noise.entropy_nats(np.array([lambda_e]))[0])

        def frames(rng: np.random.Generator, lambda_e: float = lambda_e) -> NDArray[np.generic]:
            read = rng.normal(0, noise.read_noise_e, SHAPE)
            adu = (rng.poisson(lambda_e, SHAPE) + read) / noise.gain_e_per_adu + noise.offset_adu
            return np.clip(np.rint(adu), 0, noise.highest_adu).astype(np.uint16)

        yield Case(f"flat, {share:.0%} clipped", noise, frames, h, h, 0.005)


def _rounded() -> Iterator[Case]:
    at_adu = 1000.3
    for sigma in (0.3, 0.5, 1, 4, 64):
        h = float(entr(np.diff(ndtr((np.arange(3000) - 0.5 - at_adu) / sigma))).sum())

        def frames(rng: np.random.Generator, sigma: float = sigma) -> NDArray[np.generic]:
            return np.rint(rng.normal(at_adu, sigma, SHAPE)).astype(np.uint16)

        says = f"flat, integers, sigma {sigma:g} ADU"
        yield Case(says, GaussianNoise(sigma), frames, h, h, 0.005)


def _log_normal() -> Iterator[Case]:
    noise, spread = PoissonNoise(), 0.6
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-(z**2) / 2)
    weight /= weight.sum()
    for mean_e in (1, 10, 100, 1000):
        light = mean_e * np.exp(spread * z - spread**2 / 2)
        y = np.arange(30 * mean_e + 40, dtype=np.float64)
        log_factorial = np.cumsum(np.log(np.maximum(y, 1)))
        law = np.zeros(y.size)
        for w, one in zip(weight, light, strict=True):
            law += w * np.exp(y * math.log(one) - one - log_factorial)

        def frames(rng: np.random.Generator, mean_e: float = mean_e) -> NDArray[np.generic]:
            scene = np.exp(spread * rng.standard_normal(SHAPE) - spread**2 / 2)
            return rng.poisson(mean_e * scene)

        h_y_given_x = float(weight @ noise.entropy_nats(light))
        says = f"log-normal pixels, {mean_e} photons"
        yield Case(says, noise, frames, float(entr(law).sum()), h_y_given_x, 0.03)
