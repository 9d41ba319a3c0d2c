"""How often the default's 95 % interval holds the truth, with 4, 8 and 24 fields.

``python benchmarks/estimators.py coverage 200`` draws 200 measurements for each number of fields:
in turn a Gaussian process, and independent pixels of log-normal light under a camera's noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import entr, ndtri

from benchmarks.estimator_cases.predictive import CAMERA, PROCESSES, lags
from benchmarks.estimator_cases.problems import places, process_truth_bits
from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import estimate_information
from hil.noise import CameraNoise, GaussianNoise
from hil.noise.entropy.camera_pixel import CameraPixel

DEFAULT_SEEDS = 200
SIDE, PATCH, SIGMA, MEAN_E, SPREAD = 64, 8, 10.0, 80.0, 0.5


def rows(n_seeds: int) -> Iterator[Row]:
    """Draw so many of each."""
    lag, amplitude = PROCESSES["exponential, 9 times the noise"]
    power = np.maximum(np.fft.fft2(amplitude**2 * lag(*lags(2 * SIDE))).real, 0)
    process, pixels = _process_bits(power), _pixel_bits()
    for n in (4, 8, 24):
        held, errors = [0, 0], ([], [])  # type: tuple[list[int], tuple[list[float], list[float]]]
        for seed in range(n_seeds):
            rng = np.random.default_rng(seed)
            which = seed % 2
            noise: GaussianNoise | CameraNoise
            if which:
                truth, noise = pixels, CAMERA
                light = MEAN_E * np.exp(SPREAD * rng.standard_normal((n, 1, SIDE, SIDE)))
                frames = CAMERA.sample(light, rng)
            else:
                truth, noise = process, GaussianNoise(SIGMA)
                frames = _draw(power, n, rng)
            found = estimate_information(frames, noise, "predictive", PATCH)
            held[which] += found.ci_low <= truth <= found.ci_high
            errors[which].append(found.bits_per_pixel - truth)
        share = sum(held) / n_seeds
        yield Row(
            f"coverage of the 95 % interval, {n} fields",
            share,
            math.sqrt(max(share * (1 - share), 0.01) / n_seeds),
            0.0,
            "",
            "0.92 to 0.97",
            f"process {held[0]} of {len(errors[0])}, mean error {np.mean(errors[0]):+.4f}; "
            f"pixels {held[1]} of {len(errors[1])}, mean error {np.mean(errors[1]):+.4f}",
        )


def _draw(power: Floats, n: int, rng: np.random.Generator) -> Floats:
    white = rng.standard_normal((n, *power.shape))
    scene = np.fft.ifft2(np.sqrt(power) * np.fft.fft2(white)).real[:, :SIDE, :SIDE]
    return np.rint(500 + scene + rng.normal(0, SIGMA, scene.shape)).astype(np.int32)


def _process_bits(power: Floats) -> float:
    apart = places(PATCH)[:, None] - places(PATCH)[None]
    own = np.fft.ifft2(power).real[apart[..., 0], apart[..., 1]]
    return process_truth_bits(np.asarray(own, dtype=np.float64), SIGMA)


def _pixel_bits() -> float:
    light = MEAN_E * np.exp(SPREAD * ndtri((np.arange(2000) + 0.5) / 2000))
    pixel = CameraPixel(CAMERA.gain_e_per_adu, CAMERA.offset_adu, CAMERA.read_noise_e, 65535)
    each = pixel.probabilities(light, np.arange(2500.0) - 0.5)
    nats = float(entr(each.mean(axis=0)).sum() - entr(each).sum(axis=1).mean())
    return nats / math.log(2)
