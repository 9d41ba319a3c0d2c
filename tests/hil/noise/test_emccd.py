"""An EMCCD's entropy against its density in closed form, and against draws of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import ive, ndtr
from scipy.stats import entropy

from hil.errors import InputError
from hil.information import estimate_information
from hil.noise import CameraNoise, EmccdNoise, parse_noise

TYPICAL = EmccdNoise(10, 200, 60, 300, 14)


def bessel_entropy_nats(noise: EmccdNoise, lambda_e: float) -> float:
    """Entropy by the closed density of the register's output (Basden et al. 2003, eq. 11)."""
    g_em = noise.em_gain
    end = g_em * (lambda_e + 12 * math.sqrt(lambda_e) + 40)
    step = noise.read_noise_e / 5
    x = np.arange(step / 2, end, step)
    argument = 2 * np.sqrt(lambda_e * x / g_em)
    log_rest = -x / g_em - lambda_e + argument  # ive is scaled by exp(-argument)
    density = np.sqrt(lambda_e / (x * g_em)) * ive(1, argument) * np.exp(log_rest)
    weight = np.concatenate([[math.exp(-lambda_e)], density * step])
    mean_adu = np.concatenate([[0.0], x]) / noise.gain_e_per_adu + noise.offset_adu
    y = np.arange(int(min(noise.highest_adu, end / noise.gain_e_per_adu + 1000)))
    sigma = noise.read_noise_e / noise.gain_e_per_adu
    cdf = np.concatenate(
        [
            ndtr((part[:, None] - mean_adu) / sigma) @ weight
            for part in np.array_split(y + 0.5, 1 + y.size // 500)
        ]
    )
    return float(entropy(np.diff(np.concatenate([[0.0], cdf, [1.0]])).clip(0)))


class Level(NamedTuple):
    says: str
    noise: EmccdNoise
    lambda_e: float


LEVELS = [
    Level("no light, read noise alone", TYPICAL, 0.0),
    Level("an electron in ten pixels", TYPICAL, 0.1),
    Level("a few electrons", TYPICAL, 4.0),
    Level("many", TYPICAL, 60.0),
    Level("half of it clipped", EmccdNoise(10, 200, 60, 300, 11), 60.0),
    Level("read noise half an ADU", EmccdNoise(20, 500, 10, 500, 12), 3.0),
    Level("little multiplied, much read noise", EmccdNoise(4, 100, 50, 20, 14), 5.0),
]


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.says)
def test_entropy_equals_the_closed_density(level: Level) -> None:
    table = float(level.noise.entropy_nats(np.array([level.lambda_e]))[0])
    assert table == pytest.approx(bessel_entropy_nats(level.noise, level.lambda_e), abs=2e-3)


def test_draws_have_twice_the_variance_of_a_camera_of_the_same_slope() -> None:
    adu = TYPICAL.sample(np.full(400_000, 20.0), np.random.default_rng(1))
    assert adu.mean() == pytest.approx(200 + 20 * 300 / 10, rel=2e-3)
    assert adu.var() == pytest.approx(TYPICAL.mean_variance_adu2(float(adu.mean()), True), rel=0.01)
    slope = CameraNoise(10 / 300, 200, 60 / 300, 14).mean_variance_adu2(float(adu.mean()), True)
    assert adu.var() / slope == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize("lambda_e", [0.5, 3.0, 40.0])
def test_phi_finds_the_entropy_from_noisy_pixels_alone(lambda_e: float) -> None:
    rng = np.random.default_rng(2)
    light = lambda_e * np.exp(0.6 * rng.standard_normal(400_000) - 0.18)
    truth = float(TYPICAL.entropy_nats(light).mean())
    y = TYPICAL.sample(light, rng)
    found = float(TYPICAL.entropy_phi_nats(y, True).mean())
    stated = TYPICAL.phi_bias_nats(float(y.min()), float(y.max()), True)
    assert abs(found - truth) < (stated + 0.003 if lambda_e < 1 else 0.01)


def test_clock_induced_electrons_are_light_that_is_always_there() -> None:
    spurious = EmccdNoise(10, 200, 60, 300, 14, clock_induced_e=0.5)
    assert spurious.entropy_nats(np.array([1.0])) == pytest.approx(
        TYPICAL.entropy_nats(np.array([1.5]))
    )


@pytest.mark.parametrize("lambda_e", [2.0, 80.0])
def test_a_flat_field_carries_nothing(lambda_e: float) -> None:
    frames = TYPICAL.sample(np.full((6, 2, 128, 128), lambda_e), np.random.default_rng(3))
    found = estimate_information(frames, TYPICAL, "copula")
    assert abs(found.bits_per_pixel) < 0.02
    assert "noise_mismatch" not in found.flags


def test_taken_for_a_camera_it_is_flagged() -> None:
    frames = TYPICAL.sample(np.full((6, 2, 128, 128), 80.0), np.random.default_rng(3))
    found = estimate_information(frames, CameraNoise(10 / 300, 200, 60 / 300, 14))
    assert "noise_mismatch" in found.flags


def test_the_command_line_knows_it() -> None:
    words = "emccd:gain_e_per_adu=10,offset_adu=200,read_noise_e=60,em_gain=300,bit_depth=14"
    assert repr(parse_noise(words)) == repr(TYPICAL)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("em_gain", (10, 200, 60, 1.0)),
        ("em_gain", (10, 200, 60, math.nan)),
        ("read_noise_e", (10, 200, 1.0, 300)),
        ("clock_induced_e", (10, 200, 60, 300, 16, -0.1)),
        ("offset_adu", (10, 20_000, 60, 300, 14)),
    ],
)
def test_impossible_values_are_refused_by_name(key: str, values: tuple[float, ...]) -> None:
    with pytest.raises(InputError) as caught:
        EmccdNoise(*values)
    assert caught.value.key == key


def test_shifted_codes_are_divided_out_exactly() -> None:
    own = EmccdNoise(10.0, 203.0, 90.0, 250.0, 12, 0.02)
    rng = np.random.default_rng(5)
    codes = own.sample(8 * np.exp(0.5 * rng.standard_normal((4, 1, 32, 32))), rng)
    shifted = EmccdNoise(10.0 / 16, 203.0 * 16, 90.0, 250.0, 16, 0.02)
    plain = estimate_information(codes, own, patch_size=8)
    found = estimate_information(codes.astype(np.uint16) * 16, shifted, patch_size=8)
    assert found.bits_per_pixel == pytest.approx(plain.bits_per_pixel, abs=1e-5)
    assert "code_step" in found.flags
    assert "codes_not_divided" not in found.flags


def test_a_clip_below_the_top_code_is_in_the_noise() -> None:
    recoded = TYPICAL.recoded(1.0, 0.0, 400.0)
    assert recoded is not None
    assert recoded.sample(np.full(999, 30.0), np.random.default_rng(0)).max() == 400


def test_steps_wider_than_the_read_noise_are_left_as_they_are() -> None:
    assert TYPICAL.recoded(64.0, 0.0, None) is None
