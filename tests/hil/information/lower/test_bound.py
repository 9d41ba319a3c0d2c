"""Lower bounds against known answers, through the estimate that they stand beside."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import gammaln

from hil.information import estimate_information
from hil.information.lower.bound import LowerBound
from hil.noise import CameraNoise, GaussianNoise, PoissonNoise
from hil.records.estimate import Estimate, lower_bound_in_words

SIDE = (64, 64)


def found(frames: np.ndarray, noise: object, patch_size: int = 2, seed: int = 0) -> Estimate:
    return estimate_information(
        frames,
        noise,  # type: ignore[arg-type]
        "stationary",
        patch_size,
        seed=seed,
        lower_bound=True,
    )


@pytest.mark.parametrize("signal", [0.5, 1.0, 3.0])
def test_two_repeats_of_a_white_scene(signal: float) -> None:
    """I(Ya; Yb) = -1/2 log2(1 - rho^2), rho = S / (S + N); I(X; Y) = 1/2 log2(1 + S / N)."""
    rng = np.random.default_rng(int(10 * signal))
    x = 100 + signal * rng.standard_normal((8, 1, *SIDE))
    of_both = found(x + rng.standard_normal((8, 2, *SIDE)), GaussianNoise(1.0))
    truth = -0.5 * math.log2(1 - (signal**2 / (signal**2 + 1)) ** 2)
    assert 0.8 * truth - 0.005 < of_both.details["lower_bits"] < 1.03 * truth
    assert of_both.details["lower_method"] == "repeats"
    assert of_both.details["lower_bits"] < of_both.bits_per_pixel


def test_one_frame_in_gaussian_noise_is_two_of_twice_the_noise() -> None:
    rng = np.random.default_rng(4)
    frames = 100 + rng.normal(0, math.sqrt(1 + 4), (8, 1, *SIDE))
    truth = -0.5 * math.log2(1 - (4 / (4 + 2)) ** 2)
    details = found(frames, GaussianNoise(1.0)).details
    assert 0.85 * truth < details["lower_bits"] < 1.03 * truth
    assert details["lower_method"] == "thinning"


def gamma_truth_bits(shape: float, scale: float) -> float:
    """I(Ka; Kb), halves of Poisson counts whose mean is gamma distributed, by summation."""
    s, k = scale / 2, np.arange(300)
    a, b = k[:, None], k[None]
    log_joint = gammaln(shape + a + b) - gammaln(shape) - gammaln(a + 1) - gammaln(b + 1)
    log_joint += (a + b) * math.log(s) - (shape + a + b) * math.log(1 + 2 * s)
    joint = np.exp(log_joint)
    assert joint.sum() == pytest.approx(1, abs=1e-6)
    log_marginal = np.log(joint.sum(axis=1))
    return float((joint * (log_joint - log_marginal[:, None] - log_marginal)).sum() / math.log(2))


@pytest.mark.parametrize(("shape", "scale"), [(2.0, 2.0), (1.0, 8.0), (0.5, 4.0)])
def test_counts_of_gamma_light_are_thinned(shape: float, scale: float) -> None:
    rng = np.random.default_rng(5)
    frames = rng.poisson(rng.gamma(shape, scale, (8, 1, *SIDE)))
    truth = gamma_truth_bits(shape, scale)
    details = found(frames, PoissonNoise()).details
    assert details["lower_method"] == "thinning"
    assert 0.75 * truth < details["lower_bits"] < 1.03 * truth
    # the same light, every electron 20 ADU, counted
    camera = CameraNoise(0.05, 100, 0.0)
    again = found((100 + 20 * frames).astype(np.uint16), camera).details
    assert again["lower_bits"] == pytest.approx(details["lower_bits"], abs=0.02)


@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize("light", [0.3, 5.0, 300.0])
def test_a_flat_field_has_nothing_below_either(repeats: int, light: float) -> None:
    frames = np.random.default_rng(6).poisson(light, (8, repeats, *SIDE))
    for patch_size in (2, 8):
        details = found(frames, PoissonNoise(), patch_size).details
        assert details["lower_bits"] < 1e-3


def test_it_lies_above_the_truth_as_rarely_as_it_says() -> None:
    truth, above = -0.5 * math.log2(1 - 0.25), 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((6, 1, 32, 32))
        frames = x + rng.standard_normal((6, 2, 32, 32))
        above += found(frames, GaussianNoise(1.0), seed=seed).details["lower_bits"] > truth
    assert above <= 6  # 2 expected


def test_where_there_is_none_the_reason_is_said() -> None:
    camera = CameraNoise(0.5, 100, 1.6)
    rng = np.random.default_rng(7)
    single = camera.sample(np.full((6, 1, *SIDE), 50.0), rng)
    details = found(single, camera).details
    assert details["lower_method"] == "none"
    assert "repeats = 2" in details["lower_reason"]
    assert "lower_bits" not in details
    few = found(camera.sample(np.full((3, 2, *SIDE), 50.0), rng), camera).details
    assert "fewer than 4 fields" in few["lower_reason"]
    twice = camera.sample(np.full((4, 1, *SIDE), 50.0), rng).repeat(2, axis=1)
    assert "copies" in found(twice, camera).details["lower_reason"]


def test_few_scenes_cannot_show_much_and_a_flag_says_so() -> None:
    rng = np.random.default_rng(8)
    x = 10 * rng.standard_normal((4, 1, *SIDE))
    of_few = found(x + rng.standard_normal((4, 2, *SIDE)), GaussianNoise(1.0), 8)
    assert "lower_bound_limited" in of_few.flags
    assert of_few.details["lower_bits"] <= of_few.details["lower_most_bits"]
    assert of_few.details["lower_most_bits"] == pytest.approx(math.log2(128) / 64)
    noisy = found(x + 40 * rng.standard_normal((4, 2, *SIDE)), GaussianNoise(40.0), 8)
    assert "lower_bound_limited" not in noisy.flags
    assert LowerBound(1.0, 2.0, "repeats").scaled(0.5) == LowerBound(0.5, 1.0, "repeats")


def test_nobody_who_does_not_ask_gets_one() -> None:
    frames = np.random.default_rng(9).poisson(5, (4, 1, 32, 32))
    details = estimate_information(frames, PoissonNoise(), "stationary", 4).details
    assert not {"lower_bits", "lower_method"} & set(details)
    assert lower_bound_in_words(details, 0.95) == ""
    asked = {"lower_bits": 0.01, "lower_method": "repeats", "lower_most_bits": 0.1}
    assert lower_bound_in_words(asked, 0.9).startswith("0.0100 bits per pixel, by repeats (90%)")
    assert lower_bound_in_words({"lower_reason": "so it is"}, 0.95) == "none: so it is"
