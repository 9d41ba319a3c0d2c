"""H(Y|X) from pixels alone: flat fields have that of one pixel, and scenes that of their light."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import ndtri

from hil.information import estimate_information
from hil.information.conditional_entropy import conditional_entropy_nats, phi_shift_of
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise, XrayNoise
from hil.noise.entropy.histogram import AduCounts
from hil.noise.entropy.rounding_phase import rounded_distribution

PIXELS = 200_000
TWELVE_BIT = CameraNoise(0.45, 90, 1.9, 12)
TOP_E = (TWELVE_BIT.highest_adu - TWELVE_BIT.offset_adu) * TWELVE_BIT.gain_e_per_adu


class Flat(NamedTuple):
    says: str
    noise: CameraNoise | PoissonNoise
    lambda_e: float


FLATS = [
    *(Flat(f"{e:g} photons", PoissonNoise(), e) for e in (0.2, 0.7, 1.6, 4, 15, 60)),
    *(Flat(f"camera, {e:g} e", CameraNoise(0.45, 90, 1.9), e) for e in (0.4, 5, 40)),
    *(Flat(f"quiet camera, {e:g} e", CameraNoise(0.2, 90, 0.25), e) for e in (0.4, 2, 9)),
    *(Flat(f"X rays, {e:g}", XrayNoise(35, 150, 12), e) for e in (0.4, 3)),
    *(
        Flat(f"{share:.0%} clipped", TWELVE_BIT, TOP_E + float(ndtri(share)) * math.sqrt(TOP_E))
        for share in (0.02, 0.1, 0.35, 0.7, 0.95)
    ),
    Flat("dark end cut off", CameraNoise(1.0, 1.0, 2.5, 12), 1.0),
]


@pytest.mark.parametrize("flat", FLATS, ids=lambda flat: flat.says)
def test_a_flat_field_has_the_entropy_of_one_pixel(flat: Flat) -> None:
    lambda_e = np.array([flat.lambda_e])
    truth = float(flat.noise.entropy_nats(lambda_e)[0])
    # what so many pixels say of lambda at all: the mean's error through the slope of h
    step = 0.01 * math.sqrt(flat.lambda_e)
    around = flat.noise.entropy_nats(lambda_e + np.array([-step, step]))
    noise_e = math.sqrt(flat.lambda_e + getattr(flat.noise, "read_noise_e", 0.0) ** 2)
    chance = abs(float(np.diff(around)[0])) / (2 * step) * noise_e / math.sqrt(PIXELS)
    found = [
        conditional_entropy_nats(
            flat.noise, flat.noise.sample(np.full(PIXELS, flat.lambda_e), rng), True
        )
        for rng in map(np.random.default_rng, range(4))
    ]
    # half of the pixels clipped say less than all
    assert np.mean(found) == pytest.approx(truth, abs=0.002 + 3 * chance)


@pytest.mark.parametrize("sigma_adu", [0.25, 0.33, 0.45, 0.6, 0.75])
@pytest.mark.parametrize("at_adu", [700.0, 700.15, 700.35, 699.5])
def test_flat_integers_have_the_entropy_of_their_phase(sigma_adu: float, at_adu: float) -> None:
    noise = GaussianNoise(sigma_adu)
    truth = float(rounded_distribution(sigma_adu, np.array([at_adu]))[0][0])
    found = []
    for rng in map(np.random.default_rng, range(3)):
        y = np.rint(noise.sample(np.full(PIXELS, at_adu), rng)).astype(np.uint16)
        found.append(conditional_entropy_nats(noise, y, True))
    assert np.mean(found) == pytest.approx(truth, abs=0.004)


def test_lights_far_apart_have_phases_of_their_own() -> None:
    rng = np.random.default_rng(0)
    noise = GaussianNoise(0.3)
    x = np.where(rng.random(PIXELS) < 0.3, 100.0, 4000.5)
    y = np.rint(noise.sample(x, rng)).astype(np.uint16)
    at_integer, between = rounded_distribution(0.3, np.array([100.0, 4000.5]))[0]
    found = conditional_entropy_nats(noise, y, True)
    assert found == pytest.approx(0.3 * at_integer + 0.7 * between, abs=0.005)


@pytest.mark.parametrize("spread_adu", [20.0, 300.0])
def test_scenes_of_many_adu_have_all_phases(spread_adu: float) -> None:
    rng = np.random.default_rng(0)
    noise = GaussianNoise(0.4)
    x = 5000 + spread_adu * rng.standard_normal(PIXELS)
    truth = float(rounded_distribution(0.4, x)[0].mean())
    y = np.rint(noise.sample(x, rng)).astype(np.uint16)
    assert conditional_entropy_nats(noise, y, True) == pytest.approx(truth, abs=0.002)


def flags(frames: np.ndarray, noise: NoiseModel, estimator: str) -> tuple[str, ...]:
    return estimate_information(frames, noise, estimator, 4).flags


@pytest.mark.parametrize("estimator", ["stationary", "gaussian"])
@pytest.mark.parametrize(("photons", "coarse"), [(0.5, True), (3.0, True), (300.0, False)])
def test_gaussian_families_are_flagged_at_few_photons(
    estimator: str, photons: float, coarse: bool
) -> None:
    frames = np.random.default_rng(1).poisson(photons, (12, 1, 96, 96))
    assert ("coarse_counts" in flags(frames, PoissonNoise(), estimator)) is coarse
    assert "coarse_counts" not in flags(frames, PoissonNoise(), "copula")


def test_gaussian_families_are_flagged_where_pixels_clip() -> None:
    rng = np.random.default_rng(2)
    noise = CameraNoise(0.5, 100, 1.6, 10)
    top = (noise.highest_adu - noise.offset_adu) * noise.gain_e_per_adu
    for lambda_e, coarse in ((top, True), (0.7 * top, False)):
        frames = noise.sample(np.full((12, 1, 96, 96), lambda_e), rng)
        assert ("coarse_counts" in flags(frames, noise, "stationary")) is coarse
        assert "coarse_counts" not in flags(frames, noise, "copula")


def test_noise_too_narrow_for_its_integers_is_flagged_whatever_the_estimator() -> None:
    rng = np.random.default_rng(3)
    smooth = 500 + 30 * rng.standard_normal((12, 1, 64, 64))
    frames = np.rint(smooth + 0.2 * rng.standard_normal(smooth.shape))
    found = estimate_information(frames, GaussianNoise(0.2), "copula", 4)
    assert "coarse_counts" in found.flags
    assert found.details["h_y_given_x_bias_bits"] > 0.1
    assert "coarse_counts" not in flags(frames, GaussianNoise(1.0), "copula")


def test_per_field_values_average_to_the_estimate() -> None:
    rng = np.random.default_rng(4)
    frames = rng.poisson(np.exp(0.5 * rng.standard_normal((6, 1, 64, 64))))
    found = estimate_information(frames, PoissonNoise(), "copula", 4)
    assert np.mean(found.details["per_field_bits"]) == pytest.approx(found.bits_per_pixel)
    expected = conditional_entropy_nats(PoissonNoise(), frames, True)
    assert found.h_y_given_x_nats == pytest.approx(expected)


def test_pixels_beyond_a_stretch_of_light_count_with_their_own_phi() -> None:
    rng = np.random.default_rng(5)
    noise = CameraNoise(0.5, 100, 1.6)
    bright = noise.sample(np.full(PIXELS, 5000.0), rng)
    assert phi_shift_of(noise, bright, True).nats == 0
    lambda_e = np.where(rng.random(PIXELS) < 0.5, 2.0, 5000.0)
    mixed = noise.sample(lambda_e, rng)
    truth = float(noise.entropy_nats(lambda_e).mean())
    assert conditional_entropy_nats(noise, mixed, True) == pytest.approx(truth, abs=0.003)


def test_counts_that_fade_say_the_same() -> None:
    counts = AduCounts.of(np.random.default_rng(6).poisson(2.0, PIXELS))
    assert counts is not None
    whole, half = PoissonNoise().phi_shift(counts), PoissonNoise().phi_shift(counts.scaled(0.5))
    assert half.nats == pytest.approx(whole.nats, abs=0.002)
    assert half.sd_nats > whole.sd_nats


@pytest.mark.parametrize("mean_e", [100.0, 300.0, 900.0])
def test_single_electrons_that_show_at_any_light_are_said(mean_e: float) -> None:
    """0.27 e of read noise: a Gaussian adds 0.08 bit at any light, and the copula nothing."""
    noise = CameraNoise(0.1, 100.0, 0.27)
    rng = np.random.default_rng(4)
    light = mean_e + 1.2 * np.sqrt(mean_e) * rng.standard_normal((8, 64, 64))
    frames = noise.sample(light, rng)
    truth = 0.5 * np.log2(1 + 1.44 * mean_e / (mean_e + 0.27**2))
    assert "coarse_counts" in flags(frames, noise, "stationary")
    assert "coarse_counts" not in flags(frames, noise, "copula")
    assert estimate_information(frames, noise, "copula").bits_per_pixel < truth + 0.03
