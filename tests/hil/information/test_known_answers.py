"""Information that is known in closed form, and frames that carry none."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from hil.information import estimate_information
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise

P = 8


def place() -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(P), np.arange(P), indexing="ij"), axis=-1).reshape(-1, 2)


def exponential_covariance() -> np.ndarray:
    apart = np.linalg.norm(place()[:, None] - place()[None], axis=-1)
    return 900 * np.exp(-apart / 3)


def bright_in_the_middle() -> np.ndarray:
    weight = 0.3 + 1.4 * np.sin(np.pi * (place()[:, 0] + 0.5) / P)
    return exponential_covariance() * np.outer(weight, weight)


def truth_bits(covariance: np.ndarray, sigma: float) -> float:
    d = covariance.shape[0]
    return float(np.linalg.slogdet(np.eye(d) + covariance / sigma**2)[1]) / (2 * d * math.log(2))


def patches(covariance: np.ndarray, sigma: float, n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scene = rng.standard_normal((n, P * P)) @ np.linalg.cholesky(covariance).T
    return (scene + sigma * rng.standard_normal(scene.shape)).reshape(n, P, P) + 500


class Process(NamedTuple):
    says: str
    estimator: str
    covariance: np.ndarray
    rounded: bool = False


@pytest.mark.parametrize(
    "case",
    [
        Process("stationary", "stationary", exponential_covariance()),
        Process("stationary, integers", "stationary", exponential_covariance(), rounded=True),
        Process("full covariance on a stationary scene", "gaussian", exponential_covariance()),
        Process("full covariance on one that is not", "gaussian", bright_in_the_middle()),
    ],
    ids=lambda case: case.says,
)
def test_gaussian_process_scenes(case: Process) -> None:
    frames = [patches(case.covariance, 10, 4000, seed) for seed in range(3)]
    if case.rounded:
        frames = [np.rint(f).astype(np.uint16) for f in frames]
    found = [
        estimate_information(f, GaussianNoise(10), case.estimator, patch_size=P) for f in frames
    ]
    truth = truth_bits(case.covariance, 10)
    # one patch of 64 pixels scatters by 1 / sqrt(128) nat
    scatter = 1 / math.sqrt(128 * 4000 * 3) / math.log(2)
    assert np.mean([e.bits_per_pixel for e in found]) == pytest.approx(truth, abs=4 * scatter)
    assert all(e.details["held_out_bits"] > e.details["in_sample_bits"] for e in found)
    assert all(e.n_units == e.n_patches == 4000 for e in found)


def test_a_stationary_model_is_only_a_bound_where_the_scene_is_not() -> None:
    frames = patches(bright_in_the_middle(), 10, 4000, 1)
    excess = estimate_information(frames, GaussianNoise(10), patch_size=P).bits_per_pixel
    assert excess > truth_bits(bright_in_the_middle(), 10) + 0.05


@pytest.mark.parametrize("snr", [0.1, 1.0, 10.0])
def test_white_scene(snr: float) -> None:
    rng = np.random.default_rng(5)
    frames = rng.normal(0, 4 * math.sqrt(1 + snr), (8, 1, 200, 210))
    found = estimate_information(frames, GaussianNoise(4))
    assert found.bits_per_pixel == pytest.approx(0.5 * math.log2(1 + snr), abs=0.006)
    assert found.ci_low < 0.5 * math.log2(1 + snr) < found.ci_high
    assert found.flags == ()


class Flat(NamedTuple):
    says: str
    noise: NoiseModel
    mean_e: float


FLATS = [
    Flat("Gaussian, real", GaussianNoise(7.0), 100),
    Flat("Gaussian, rounded", GaussianNoise(1.5), 100),
    Flat("Poisson", PoissonNoise(), 100),
    Flat("Poisson, bright", PoissonNoise(), 40_000),
    Flat("camera", CameraNoise(0.5, 100, 1.6), 60),
    Flat("camera, electrons resolved by fine ADU", CameraNoise(2.0, 10, 6.0, 12), 40),
    Flat("camera, bright", CameraNoise(1.2, 100, 2.0), 20_000),
]


def flat_frames(case: Flat, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    noise = case.noise
    if isinstance(noise, GaussianNoise):
        real = rng.normal(case.mean_e, noise.sigma_adu, shape)
        return np.rint(real).astype(np.uint16) if "rounded" in case.says else real
    counts = rng.poisson(case.mean_e, shape)
    if isinstance(noise, CameraNoise):
        sigma = noise.read_noise_e / noise.gain_e_per_adu
        adu = counts / noise.gain_e_per_adu + noise.offset_adu + rng.normal(0, sigma, shape)
        return np.clip(np.rint(adu), 0, noise.highest_adu).astype(np.uint16)
    return counts


@pytest.mark.parametrize("case", FLATS, ids=lambda case: case.says)
@pytest.mark.parametrize("repeats", [1, 3])
def test_flat_fields_carry_nothing(case: Flat, repeats: int) -> None:
    rng = np.random.default_rng(9)
    found = estimate_information(
        flat_frames(case, (8, repeats, 160, 160), rng), case.noise, confidence=0.999
    )
    assert found.ci_low < 0 < found.ci_high
    assert found.ci_high - found.ci_low < 0.05
    assert not set(found.flags) - {"negative"}


def test_repeats_do_not_pass_for_more_fields() -> None:
    rng = np.random.default_rng(4)
    scene = 30 * rng.standard_normal((6, 1, 96, 96))
    frames = scene + rng.normal(0, 10, (6, 4, 96, 96))
    found = estimate_information(frames, GaussianNoise(10))
    assert found.n_units == 6
    assert len(found.details["per_field_bits"]) == 6
    assert found.n_patches == 6 * 4 * 36
    assert found.bits_per_pixel == pytest.approx(np.mean(found.details["per_field_bits"]))


def test_intervals_cover() -> None:
    truth = 0.5 * math.log2(1 + 1.0)
    rng = np.random.default_rng(12)
    covered = 0
    for _ in range(200):
        frames = rng.normal(0, math.sqrt(2.0), (6, 1, 48, 48))
        found = estimate_information(frames, GaussianNoise(1.0), patch_size=4)
        covered += found.ci_low <= truth <= found.ci_high
    # 95 % of 200 with a standard deviation of 3.1
    assert 178 <= covered <= 199
