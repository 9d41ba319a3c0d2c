"""The copula families: distributions that sum to 1, flat fields of any kind, and what Gaussians miss."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import entr, ndtr, ndtri

from hil.information import estimate_information
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise
from tests.hil.information.densities.copula.smooth import place, smooth_scenes

SHAPE = (8, 1, 96, 96)
COPULAS = ["copula", "copula_gaussian"]


class Flat(NamedTuple):
    says: str
    noise: NoiseModel
    lambda_e: float


def near_the_clip(noise: CameraNoise, clipped: float) -> float:
    """Electrons at which a share of the pixels clips."""
    top = (noise.highest_adu - noise.offset_adu) * noise.gain_e_per_adu
    return float(top + ndtri(clipped) * math.sqrt(top + noise.read_noise_e**2))


TEN_BIT = CameraNoise(0.5, 100, 1.6, 10)
FLATS = [
    *(Flat(f"{mean:g} photons", PoissonNoise(), mean) for mean in (0.3, 1, 3, 10, 30)),
    *(Flat(f"camera, {mean:g} electrons", CameraNoise(0.5, 100, 1.6), mean) for mean in (0.3, 5)),
    *(
        Flat(f"{share:.0%} clipped", TEN_BIT, near_the_clip(TEN_BIT, share))
        for share in (0.01, 0.2, 0.9)
    ),
    Flat("dark end cut off", CameraNoise(1.0, 0.5, 2.0), 1.0),
    *(Flat(f"sigma {sigma:g} ADU", GaussianNoise(sigma), 1000.3) for sigma in (0.3, 1, 64)),
]


def flat_frames(case: Flat, rng: np.random.Generator) -> np.ndarray:
    noise = case.noise
    if isinstance(noise, GaussianNoise):
        return np.rint(rng.normal(case.lambda_e, noise.sigma_adu, SHAPE)).astype(np.uint16)
    counts = rng.poisson(case.lambda_e, SHAPE)
    if isinstance(noise, CameraNoise):
        read = rng.normal(0, noise.read_noise_e, SHAPE)
        adu = (counts + read) / noise.gain_e_per_adu + noise.offset_adu
        return np.clip(np.rint(adu), 0, noise.highest_adu).astype(np.uint16)
    return counts


def pixel_entropy_nats(case: Flat) -> float:
    noise = case.noise
    if isinstance(noise, GaussianNoise):
        edges = np.arange(-0.5, 3000)
        return float(entr(np.diff(ndtr((edges - case.lambda_e) / noise.sigma_adu))).sum())
    assert isinstance(noise, (PoissonNoise, CameraNoise))
    return float(noise.entropy_nats(np.array([case.lambda_e]))[0])


@pytest.mark.parametrize("case", FLATS, ids=lambda case: case.says)
def test_entropy_of_flat_fields(case: Flat) -> None:
    truth = pixel_entropy_nats(case)
    frames = [flat_frames(case, np.random.default_rng(seed)) for seed in range(4)]
    found = [estimate_information(one, case.noise, "copula", 8).h_y_nats for one in frames]
    distribution = np.unique(frames, return_counts=True)[1] / np.size(frames)
    # what so many pixels can say at all: where nearly all clip, the others are rare and tell much
    scatter = math.sqrt(
        (distribution @ np.log(distribution) ** 2 - (distribution @ np.log(distribution)) ** 2)
        / np.size(frames)
    )
    assert np.mean(found) == pytest.approx(truth, abs=0.001 + 3 * scatter)
    assert scatter < 0.004


def test_gaussian_families_see_bits_in_few_photons_and_the_copula_does_not() -> None:
    frames = np.random.default_rng(2).poisson(3.0, (8, 1, 160, 160))
    gaussian = estimate_information(frames, PoissonNoise(), "stationary")
    copula = estimate_information(frames, PoissonNoise(), "copula")
    assert gaussian.details["held_out_bits"] > 0.03
    assert abs(gaussian.bits_per_pixel) < 0.02, "single pixels allow no more"
    assert abs(copula.bits_per_pixel) < 0.02
    assert copula.ci_low < 0.01


@pytest.mark.parametrize("estimator", ["stationary", "gaussian"])
def test_gaussian_families_say_how_far_one_pixel_misleads_them(estimator: str) -> None:
    rng = np.random.default_rng(11)
    shape = (12, 1, 64, 64)
    dim = estimate_information(rng.poisson(1.0, shape), PoissonNoise(), estimator, 4)
    bright = estimate_information(rng.poisson(2000.0, shape), PoissonNoise(), estimator, 4)
    clipped = np.minimum(np.rint(rng.normal(250, 5, shape)), 255).astype(np.uint8)
    full = estimate_information(clipped, GaussianNoise(5), estimator, 4)
    assert dim.details["gaussian_gap_bits"] == pytest.approx(dim.details["held_out_bits"], abs=0.04)
    assert dim.details["gaussian_gap_bits"] > 0.05
    assert abs(bright.details["gaussian_gap_bits"]) < 0.003
    assert full.details["gaussian_gap_bits"] > 0.1


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize(
    ("name", "gaussian"), [("copula", "stationary"), ("copula_gaussian", "gaussian")]
)
def test_costs_nothing_where_the_truth_is_gaussian(name: str, gaussian: str, rounded: bool) -> None:
    rng = np.random.default_rng(3)
    frames = 500 + 30 * smooth_scenes(3000, 8, rng) + rng.normal(0, 10, (3000, 8, 8))
    frames = np.rint(frames) if rounded else frames
    own = estimate_information(frames, GaussianNoise(10), gaussian, 8)
    found = estimate_information(frames, GaussianNoise(10), name, 8)
    assert found.bits_per_pixel == pytest.approx(own.bits_per_pixel, abs=0.001)
    assert found.details["held_out_bits"] == pytest.approx(own.details["held_out_bits"], abs=0.002)


@pytest.mark.parametrize("mean_e", [1.0, 30.0, 1000.0])
def test_lognormal_pixels_by_summation(mean_e: float) -> None:
    spread, noise = 0.6, PoissonNoise()
    rng = np.random.default_rng(4)
    pixels = mean_e * np.exp(spread * rng.standard_normal((8, 1, 128, 128)) - spread**2 / 2)
    found = estimate_information(rng.poisson(pixels), noise, "copula", 8)
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    lambda_e = mean_e * np.exp(spread * z - spread**2 / 2)
    y = np.arange(int(mean_e * 30) + 40)
    distribution = np.zeros(y.size)
    log_factorial = np.cumsum(np.log(np.maximum(y, 1)))
    for w, light in zip(weight, lambda_e, strict=True):
        distribution += w * np.exp(y * math.log(light) - light - log_factorial)
    h_y = float(entr(distribution).sum())
    assert found.h_y_nats == pytest.approx(h_y, abs=0.01 * math.log(2) + 0.004)
    truth = (h_y - float(weight @ noise.entropy_nats(lambda_e))) / math.log(2)
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize("name", COPULAS)
def test_shifted_and_repeated_frames_say_the_same(name: str) -> None:
    rng = np.random.default_rng(10)
    frames = rng.poisson(6 * np.exp(0.5 * smooth_scenes(600, 4, rng)))[:, None]
    camera = CameraNoise(1.0, 100, 0.0)
    found = estimate_information(frames + 100, camera, name, 4)
    assert found.h_y_nats == pytest.approx(
        estimate_information(frames, PoissonNoise(), name, 4).h_y_nats, abs=0.002
    )
    twice = estimate_information(np.repeat(frames + 100, 2, axis=1), camera, name, 4)
    assert twice.n_units == 600
    assert twice.h_y_nats == pytest.approx(found.h_y_nats, abs=0.03)


class Smooth(NamedTuple):
    says: str
    amplitude_adu: float
    length_px: float
    sigma_adu: float
    within_bits: float


SMOOTH = [
    Smooth("a little smooth", 30, 2, 10, 0.006),
    Smooth("30 times the noise", 300, 3, 10, 0.01),
    Smooth("50 times the noise", 100, 3, 2, 0.01),
    Smooth("1,000 times the noise", 800, 3, 0.8, 0.01),
]


def smooth_fields(case: Smooth, n: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """(n, side, side) integers: Gaussian fields of covariance a^2 exp(-r^2 / 2 l^2), and noise."""
    apart = np.minimum(np.arange(2 * side), 2 * side - np.arange(2 * side))
    line = np.exp(-(apart**2) / (2 * case.length_px**2))
    power = np.maximum(np.fft.fft2(case.amplitude_adu**2 * np.outer(line, line)).real, 0)
    white = np.fft.fft2(rng.standard_normal((n, 2 * side, 2 * side)))
    fields = np.fft.ifft2(np.sqrt(power) * white).real[:, :side, :side]
    return np.rint(5000 + fields + case.sigma_adu * rng.standard_normal(fields.shape))


@pytest.mark.parametrize("case", SMOOTH, ids=lambda case: case.says)
def test_smooth_scenes_leave_only_noise_where_their_spectrum_ends(case: Smooth) -> None:
    p = 8
    apart = place(p)[:, None] - place(p)[None]
    scene = np.exp(-(apart**2).sum(axis=-1) / (2 * case.length_px**2))
    # rounding adds its own noise
    ratio = case.amplitude_adu**2 / (case.sigma_adu**2 + 1 / 12)
    truth = np.linalg.slogdet(np.eye(p * p) + ratio * scene)[1] / (2 * p * p * math.log(2))
    frames = smooth_fields(case, 16, 96, np.random.default_rng(10)).astype(np.uint16)
    found = estimate_information(frames, GaussianNoise(case.sigma_adu), "copula", p)
    assert found.bits_per_pixel == pytest.approx(truth, abs=case.within_bits)


@pytest.mark.parametrize("scene", [np.sin, np.square], ids=["bounded", "far tail"])
def test_bright_smooth_scenes_cost_no_more_than_under_a_gaussian(
    scene: Callable[[np.ndarray], np.ndarray],
) -> None:
    rng = np.random.default_rng(16)
    fields = smooth_fields(Smooth("", 1000, 3, 0.1, 0), 8, 64, rng) / 1000 - 5
    frames = np.rint(5000 + 1000 * scene(fields) + rng.normal(0, 10, fields.shape))
    copula, stationary = (
        estimate_information(frames, GaussianNoise(10), name, 8).details["held_out_bits"]
        for name in ("copula", "stationary")
    )
    assert copula < stationary + 0.001


def test_a_wave_in_the_histogram_of_smooth_scenes_is_no_law_of_pixels() -> None:
    case = Smooth("", 300, 4, 3, 0)
    frames = smooth_fields(case, 8, 64, np.random.default_rng(11))
    found = estimate_information(frames, GaussianNoise(case.sigma_adu), "copula", 8)
    assert found.details["marginal_law"] == "normal"
    rough = np.random.default_rng(12).poisson(3.0, (8, 64, 64))
    assert estimate_information(rough, PoissonNoise(), "copula", 8).details["marginal_law"] == (
        "histogram"
    )


def test_smooth_scenes_that_clip() -> None:
    """Clipping is a function of the measurement: it leaves no more information than there was."""
    case = Smooth("", 100, 3, 10, 0)
    frames = smooth_fields(case, 8, 64, np.random.default_rng(14))
    cut = np.minimum(frames, 5000 + case.amplitude_adu)
    whole, part = (
        estimate_information(one, GaussianNoise(10), "copula", 8, max_saturated_share=1.0)
        for one in (frames, cut)
    )
    assert part.h_y_nats < whole.h_y_nats - 0.2  # of the pixels 16 % clip
