"""Integer pixels that no Gaussian describes, and smooth ones that one does; `copula`."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, ndtr, ndtri

from benchmarks.estimator_cases.problems import (
    process_truth_bits,
    smooth_covariance,
    smooth_fields,
)
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
    patch_size: int = 16


def rows(n_seeds: int) -> Iterator[Row]:
    """Measure every case with every seed."""
    cases = _photons, _electrons, _clipped, _rounded, _log_normal, _smooth, _views
    for case in (case for group in cases for case in group()):
        errors, own, noise, seconds = [], [], [], []
        for seed in range(n_seeds):
            frames = case.frames(np.random.default_rng(seed))
            started = time.perf_counter()
            found = estimate(frames, case.noise, "copula", case.patch_size, max_saturated_share=1.0)
            seconds.append(time.perf_counter() - started)
            errors.append(found.bits_per_pixel - (case.h_y - case.h_y_given_x) / math.log(2))
            own.append((found.h_y_nats - case.h_y) / math.log(2))
            noise.append((found.h_y_given_x_nats - case.h_y_given_x) / math.log(2))
        yield Row(
            f"copula, {case.says}",
            float(np.mean(errors)),
            float(np.std(errors)),
            statistics.median(seconds),
            case.reference,
            f"{case.to_reach:g}",
            f"H(Y) {np.mean(own):+.4f} +- {np.std(own):.4f}, "
            f"H(Y|X) {np.mean(noise):+.4f} +- {np.std(noise):.4f}",
        )


def _flat(says: str, noise: CameraNoise | PoissonNoise, lambda_e: float) -> Case:
    h = float(noise.entropy_nats(np.array([lambda_e]))[0])

    def frames(rng: np.random.Generator) -> NDArray[np.generic]:
        return noise.sample(np.full(SHAPE, lambda_e), rng)

    return Case(f"flat, {says}", noise, frames, h, h, 0.005)


def _photons() -> Iterator[Case]:
    for mean_e in (0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7, 10, 14, 20, 30):
        case = _flat(f"{mean_e:g} photons", PoissonNoise(), mean_e)
        yield case._replace(reference="+0.36 to +1.1")


def _electrons() -> Iterator[Case]:
    for says, noise in (
        ("camera", CameraNoise(0.5, 100, 1.6)),
        ("qCMOS", CameraNoise(0.11, 200, 0.27)),
        ("4 e/ADU", CameraNoise(4.0, 50, 3.0)),
    ):
        for mean_e in (0.3, 1, 3, 10, 30):
            yield _flat(f"{says}, {mean_e:g} e", noise, mean_e)


def _clipped() -> Iterator[Case]:
    for noise in (CameraNoise(0.5, 100, 1.6, 12), CameraNoise(2.1, 40, 5.0, 8)):
        top = (noise.highest_adu - noise.offset_adu) * noise.gain_e_per_adu
        for share in (0.01, 0.03, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 0.9):
            lambda_e = top + float(ndtri(share)) * math.sqrt(top + noise.read_noise_e**2)
            yield _flat(f"{noise.bit_depth} bit, {share:.0%} clipped", noise, lambda_e)


def _rounded() -> Iterator[Case]:
    for sigma in (0.3, 0.4, 0.5, 0.7, 1, 4, 64):
        for at_adu in (1000.0, 1000.1, 1000.3, 1000.5) if sigma < 1 else (1000.3,):
            h = float(entr(np.diff(ndtr((np.arange(3000) - 0.5 - at_adu) / sigma))).sum())

            def frames(
                rng: np.random.Generator, sigma: float = sigma, at_adu: float = at_adu
            ) -> NDArray[np.generic]:
                return np.rint(rng.normal(at_adu, sigma, SHAPE)).astype(np.uint16)

            says = f"flat, integers about {at_adu:g}, sigma {sigma:g} ADU"
            yield Case(says, GaussianNoise(sigma), frames, h, h, 0.005)


def _smooth() -> Iterator[Case]:
    p = 16
    for amplitude, length, sigma in (
        (30, 2, 10),
        (300, 4, 10),
        (120, 5, 2),
        (1000, 4, 10),
        (1000, 4, 1),
    ):
        covariance = smooth_covariance(p, amplitude, length)
        noise = sigma**2 + 1 / 12
        h = 0.5 * math.log(2 * math.pi * math.e * noise)
        bits = process_truth_bits(covariance, math.sqrt(noise))

        def frames(
            rng: np.random.Generator,
            amplitude: float = amplitude,
            length: float = length,
            sigma: float = sigma,
        ) -> NDArray[np.generic]:
            fields = smooth_fields(SHAPE[0], SHAPE[2], amplitude, length, int(rng.integers(2**31)))
            noisy = 5000 + fields + sigma * rng.standard_normal(fields.shape)
            return np.rint(noisy).astype(np.uint16)

        says = f"smooth integers, {amplitude} ADU over {sigma}, length {length}"
        yield Case(says, GaussianNoise(sigma), frames, h + bits * math.log(2), h, 0.005)


def _log_normal_entropies(mean_e: float, spread: float) -> tuple[float, float]:
    """H(Y) and H(Y|X), nats, of photons under log-normal light."""
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-(z**2) / 2)
    weight /= weight.sum()
    light = mean_e * np.exp(spread * z - spread**2 / 2)
    y = np.arange(30 * mean_e + 40, dtype=np.float64)
    log_factorial = np.cumsum(np.log(np.maximum(y, 1)))
    distribution = np.zeros(y.size)
    for w, one in zip(weight, light, strict=True):
        distribution += w * np.exp(y * math.log(one) - one - log_factorial)
    return float(entr(distribution).sum()), float(weight @ PoissonNoise().entropy_nats(light))


def _log_normal() -> Iterator[Case]:
    noise, spread = PoissonNoise(), 0.6
    for mean_e in (1, 4, 10, 100, 1000):

        def frames(rng: np.random.Generator, mean_e: float = mean_e) -> NDArray[np.generic]:
            scene = np.exp(spread * rng.standard_normal(SHAPE) - spread**2 / 2)
            return rng.poisson(mean_e * scene)

        h_y, h_y_given_x = _log_normal_entropies(mean_e, spread)
        says = f"log-normal pixels, {mean_e} photons"
        yield Case(says, noise, frames, h_y, h_y_given_x, 0.03)


def _views() -> Iterator[Case]:
    """Two channels that count photons of the same light, whose sum says all that both do."""
    noise = PoissonNoise()
    for mean_e, spread in ((1, 0.1), (1000, 0.1), (1, 0.6), (100, 0.6)):
        of_sum, of_noise = _log_normal_entropies(2 * mean_e, spread)
        _, h_y_given_x = _log_normal_entropies(mean_e, spread)

        def frames(
            rng: np.random.Generator, mean_e: float = mean_e, spread: float = spread
        ) -> NDArray[np.generic]:
            scene = np.exp(spread * rng.standard_normal((16, 1, 1, 64, 64)) - spread**2 / 2)
            return rng.poisson(mean_e * np.repeat(scene, 2, axis=2))

        h_y = h_y_given_x + (of_sum - of_noise) / 2
        says = f"two views of log-normal pixels, {mean_e} photons, spread {spread:g}"
        yield Case(says, noise, frames, h_y, h_y_given_x, 0.03, patch_size=4)
