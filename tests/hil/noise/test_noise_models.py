"""Entropy of the noise: against direct summation, and from noisy pixels alone."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import entropy, poisson

from hil.errors import InputError
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise

PIXELS = 1_000_000


def camera_entropy_nats(noise: CameraNoise, lambda_e: float) -> float:
    """Direct sum for one pixel, ADU by ADU."""
    k = np.arange(int(lambda_e + 12 * math.sqrt(lambda_e) + 40))
    y = np.arange(int(noise.highest_adu) + 1)
    sigma = max(noise.read_noise_e / noise.gain_e_per_adu, 1e-9)
    mean = k / noise.gain_e_per_adu + noise.offset_adu
    cdf = ndtr((y[:-1, None] + 0.5 - mean) / sigma) @ poisson.pmf(k, lambda_e)
    return float(entropy(np.diff(np.concatenate([[0.0], cdf, [1.0]])).clip(0)))


class Level(NamedTuple):
    says: str
    noise: CameraNoise
    lambda_e: float


LEVELS = [
    Level("dark, nothing but read noise", CameraNoise(0.5, 100, 1.6, 12), 0.0),
    Level("a few electrons", CameraNoise(0.5, 100, 1.6, 12), 3.3),
    Level("where the exact table ends", CameraNoise(0.5, 100, 1.6, 12), 205.0),
    Level("far beyond it", CameraNoise(0.5, 100, 1.6, 12), 1200.0),
    Level("near the clip", CameraNoise(0.5, 100, 1.6, 12), 1980.0),
    Level("mostly clipped", CameraNoise(0.5, 100, 1.6, 12), 2040.0),
    Level("offset 0 cuts off the dark end", CameraNoise(2.0, 0, 5, 8), 4.0),
    Level("electrons resolved, as in a qCMOS", CameraNoise(0.25, 100, 0.3, 12), 40.0),
    Level("the same, far up", CameraNoise(0.25, 100, 0.3, 12), 700.0),
    Level("no read noise at all", CameraNoise(1.0, 5, 0.0, 10), 7.0),
    Level("read noise too wide to sum electrons", CameraNoise(1.0, 500, 60, 12), 300.0),
    Level("eight bits, coarse", CameraNoise(8.0, 10, 3, 8), 1500.0),
]


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.says)
def test_camera_entropy_equals_the_direct_sum(level: Level) -> None:
    table = float(level.noise.entropy_nats(np.array([level.lambda_e]))[0])
    assert table == pytest.approx(camera_entropy_nats(level.noise, level.lambda_e), abs=7e-5)


@pytest.mark.parametrize("lambda_e", [0.3, 1.0, 5.0, 50.0, 180.0, 300.0, 5e4])
def test_poisson_entropy_equals_the_direct_sum(lambda_e: float) -> None:
    table = float(PoissonNoise().entropy_nats(np.array([lambda_e]))[0])
    truth = entropy(poisson.pmf(np.arange(int(lambda_e + 12 * math.sqrt(lambda_e) + 30)), lambda_e))
    assert table == pytest.approx(float(truth), abs=2e-5)


def test_a_wholly_clipped_pixel_has_no_entropy() -> None:
    assert CameraNoise(0.5, 100, 1.6, 12).entropy_nats(np.array([4000.0])) == 0


class Light(NamedTuple):
    says: str
    noise: NoiseModel
    mean_e: float
    error_bits: float


LIGHTS = [
    Light("one photon", PoissonNoise(), 1, 0.012),
    Light("3 photons", PoissonNoise(), 3, 0.006),
    Light("10 photons", PoissonNoise(), 10, 0.003),
    Light("30 photons", PoissonNoise(), 30, 0.002),
    Light("a million photons", PoissonNoise(), 1e6, 0.002),
    Light("camera, 1 electron", CameraNoise(0.5, 100, 1.6), 1, 0.003),
    Light("camera, 10 electrons", CameraNoise(0.5, 100, 1.6), 10, 0.003),
    Light("camera, 1000 electrons", CameraNoise(0.5, 100, 1.6), 1000, 0.003),
    Light("camera that clips a tenth", CameraNoise(0.5, 100, 1.6, 10), 250, 0.003),
    Light("camera that clips at the dark end", CameraNoise(1, 3, 2.5, 12), 2, 0.003),
]


def lognormal_adu(light: Light, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(lambda, y) of independent pixels, log-normal with spread 0.6."""
    lambda_e = light.mean_e * np.exp(0.6 * rng.standard_normal(PIXELS) - 0.18)
    y = rng.poisson(lambda_e).astype(float)
    noise = light.noise
    if isinstance(noise, CameraNoise):
        sigma = noise.read_noise_e / noise.gain_e_per_adu
        y = y / noise.gain_e_per_adu + noise.offset_adu + sigma * rng.standard_normal(PIXELS)
        y = np.clip(np.rint(y), 0, noise.highest_adu)
    return lambda_e, y.astype(np.int64)


@pytest.mark.parametrize("light", LIGHTS, ids=lambda light: light.says)
def test_phi_finds_the_noise_entropy_from_noisy_pixels_alone(light: Light) -> None:
    lambda_e, y = lognormal_adu(light, np.random.default_rng(3))
    truth = float(light.noise.entropy_nats(lambda_e).mean())  # type: ignore[attr-defined]
    found = float(light.noise.entropy_phi_nats(y, True).mean())
    assert abs(found - truth) / math.log(2) < light.error_bits


def test_plugging_pixels_into_h_would_have_been_far_off() -> None:
    light = Light("one photon", PoissonNoise(), 1, 0)
    lambda_e, y = lognormal_adu(light, np.random.default_rng(3))
    noise = PoissonNoise()
    gap = noise.entropy_nats(y.astype(float)).mean() - noise.entropy_nats(lambda_e).mean()
    assert gap / math.log(2) == pytest.approx(-0.48, abs=0.02)


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0, 1.99, 2.01, 30.0])
def test_rounded_gaussian_entropy_is_the_mean_over_its_phase(sigma: float) -> None:
    phase = np.random.default_rng(0).random(400)
    k = np.arange(-400, 400)
    cdf = ndtr((k[:, None] + 0.5 - phase) / sigma)
    truth = entropy(np.diff(cdf, axis=0).clip(0), axis=0)
    found = GaussianNoise(sigma).entropy_phi_nats(np.zeros(3, dtype=int), True)
    assert found == pytest.approx(truth.mean(), abs=4 * truth.std() / 20 + 1e-7)


def test_gaussian_on_real_values_is_the_differential_entropy() -> None:
    found = GaussianNoise(3.0).entropy_phi_nats(np.zeros((2, 2)), False)
    assert found == pytest.approx(0.5 * math.log(2 * math.pi * math.e * 9))


def test_variance_is_the_photon_transfer_line() -> None:
    noise = CameraNoise(0.5, 100, 1.6)
    assert noise.mean_variance_adu2(300.0, True) == pytest.approx(400 + 3.2**2 + 1 / 12)
    assert noise.mean_variance_adu2(50.0, True) == pytest.approx(3.2**2 + 1 / 12)


class Impossible(NamedTuple):
    key: str
    kind: type
    values: tuple[object, ...]


@pytest.mark.parametrize(
    "case",
    [
        Impossible("sigma_adu", GaussianNoise, (0,)),
        Impossible("sigma_adu", GaussianNoise, (-1.0,)),
        Impossible("sigma_adu", GaussianNoise, (math.nan,)),
        Impossible("sigma_adu", GaussianNoise, ("ten",)),
        Impossible("gain_e_per_adu", CameraNoise, (0, 100, 1.6)),
        Impossible("gain_e_per_adu", CameraNoise, (math.inf, 100, 1.6)),
        Impossible("offset_adu", CameraNoise, (1, -1, 1.6)),
        Impossible("offset_adu", CameraNoise, (1, 255, 1.6, 8)),
        Impossible("read_noise_e", CameraNoise, (1, 10, -0.1)),
        Impossible("bit_depth", CameraNoise, (1, 10, 1, 0)),
        Impossible("bit_depth", CameraNoise, (1, 10, 1, 33)),
        Impossible("bit_depth", CameraNoise, (1, 10, 1, 12.5)),
        Impossible("bit_depth", CameraNoise, (1, 10, 1, "12")),
    ],
    ids=lambda case: f"{case.kind.__name__}{case.values}",
)
def test_impossible_values_are_refused_by_name(case: Impossible) -> None:
    with pytest.raises(InputError) as caught:
        case.kind(*case.values)
    assert caught.value.key == case.key
    assert caught.value.where == "noise"
