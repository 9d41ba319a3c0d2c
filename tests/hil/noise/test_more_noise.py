"""NPMLE beside phi, X-ray counts, maps of noise, visibilities, stabilising transforms."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.errors import InputError
from hil.information import estimate_information
from hil.information.conditional_entropy import conditional_entropy_nats
from hil.noise import (
    CameraNoise,
    GaussianMapNoise,
    GaussianNoise,
    PoissonNoise,
    VisibilityNoise,
    XrayNoise,
    parse_noise,
)
from hil.noise.anscombe import Stabiliser

PIXELS = 1_000_000


class Light(NamedTuple):
    says: str
    noise: PoissonNoise | CameraNoise
    mean_e: float
    error_bits: float


LIGHTS = [
    Light("one photon", PoissonNoise(), 1, 0.008),
    Light("3 photons", PoissonNoise(), 3, 0.003),
    Light("30 photons", PoissonNoise(), 30, 0.002),
    Light("camera, 1 electron", CameraNoise(0.5, 100, 1.6), 1, 0.003),
    Light("camera, 1000 electrons", CameraNoise(0.5, 100, 1.6), 1000, 0.003),
    Light("X rays", XrayNoise(40, 200, 15), 4, 0.003),
]


@pytest.mark.parametrize("light", LIGHTS, ids=lambda light: light.says)
@pytest.mark.parametrize("two_lights", [False, True])
def test_npmle_and_phi_find_the_same_noise_entropy(light: Light, two_lights: bool) -> None:
    rng = np.random.default_rng(3)
    lambda_e = light.mean_e * np.exp(0.6 * rng.standard_normal(PIXELS) - 0.18)
    if two_lights:
        lambda_e = light.mean_e * np.where(rng.random(PIXELS) < 0.7, 0.2, 2.0)
    y = light.noise.sample(lambda_e, rng)
    truth = float(light.noise.entropy_nats(lambda_e).mean())
    npmle = conditional_entropy_nats(light.noise, y, True)
    # most of two lights is darker than a photon, where -lambda ln lambda is steep
    allowed = light.error_bits * (2.5 if two_lights else 1)
    assert abs(npmle - truth) / math.log(2) < allowed
    phi = float(light.noise.entropy_phi_nats(y, True).mean())
    stated = light.noise.phi_bias_nats(y.min(), y.max(), True)
    assert abs(phi - truth) < stated + 0.002


@pytest.mark.parametrize(
    "noise", [PoissonNoise(), CameraNoise(0.5, 100, 1.6), XrayNoise(40, 200, 15)], ids=repr
)
@pytest.mark.parametrize("light", [4.0, 30.0, 1000.0])
def test_stabilised_noise_has_standard_deviation_one(
    noise: PoissonNoise | CameraNoise, light: float
) -> None:
    y = noise.sample(np.full(100_000, light), np.random.default_rng(0))
    assert noise.stabilised(y, True).std() == pytest.approx(1, abs=0.05)
    four = noise.sample(np.full((4, 50_000), light), np.random.default_rng(1)).mean(axis=0)
    assert noise.stabilised(four, True, 4).std() == pytest.approx(0.5, abs=0.02)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(0.01, 50),
    st.floats(0, 500),
    st.lists(st.floats(-1e4, 1e5), min_size=2, max_size=8, unique=True),
)
def test_the_transform_increases_everywhere(a: float, b: float, y: list[float]) -> None:
    stabiliser = Stabiliser(100.0, a, b)
    points = np.array(sorted(y))
    points = points[np.r_[True, np.diff(points) > 1e-3]]
    assert (np.diff(stabiliser.forward(points)) > 0).all()
    step = 1e-2
    slope = (stabiliser.forward(points + step) - stabiliser.forward(points - step)) / (2 * step)
    smooth = np.abs(points - 100) > 2 * step
    assert slope[smooth] == pytest.approx(stabiliser.derivative(points)[smooth], rel=1e-2, abs=1e-7)


def test_an_xray_detector_is_a_camera_of_photons() -> None:
    noise = parse_noise("xray:adu_per_photon=40,offset_adu=200,electronic_noise_adu=15")
    camera = CameraNoise(1 / 40, 200, 15 / 40)
    y = np.arange(100, 2000)
    assert np.array_equal(noise.entropy_phi_nats(y, True), camera.entropy_phi_nats(y, True))
    assert noise.mean_variance_adu2(1000.0, True) == pytest.approx(800 * 40 + 225 + 1 / 12)


def test_a_map_of_noise_is_divided_out() -> None:
    rng = np.random.default_rng(1)
    sigma = rng.uniform(2, 20, (96, 96))
    noise = GaussianMapNoise(sigma)
    scene = sigma * rng.standard_normal((8, 96, 96))
    found = estimate_information(noise.sample(scene, rng), noise, patch_size=8)
    assert found.bits_per_pixel == pytest.approx(0.5, abs=0.01)
    assert found.flags == ()


def test_flat_noise_of_a_map_carries_nothing() -> None:
    rng = np.random.default_rng(2)
    noise = GaussianMapNoise(rng.uniform(2, 20, (96, 96)))
    frames = noise.sample(np.zeros((8, 3, 96, 96)), rng)
    found = estimate_information(frames, noise, patch_size=8, confidence=0.999)
    assert found.ci_low < 0 < found.ci_high
    # repeats test this noise too
    wrong = estimate_information(1.2 * frames, noise, patch_size=8)
    assert "noise_mismatch" in wrong.flags


@pytest.mark.parametrize("sigma", [3.0, np.full((64, 40), 3.0)], ids=["one width", "a map"])
def test_visibilities(sigma: float | np.ndarray) -> None:
    rng = np.random.default_rng(3)
    noise = VisibilityNoise(sigma)
    # a scene of as much variance as the noise: log2(2) a visibility, half of it a real number
    scene = (
        3
        / math.sqrt(2)
        * (rng.standard_normal((8, 64, 40)) + 1j * rng.standard_normal((8, 64, 40)))
    )
    found = estimate_information(noise.sample(scene, rng), noise, patch_size=8)
    assert found.bits_per_pixel == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: GaussianMapNoise([[1, 0]]), "above 0"),
        (lambda: GaussianMapNoise([1, 2]), "shape"),
        (lambda: VisibilityNoise(math.nan), "above 0"),
        (lambda: XrayNoise(0, 1, 1), "adu_per_photon"),
        (lambda: GaussianMapNoise(np.ones((4, 4))).flatten(np.ones((3, 5, 5))), "map"),
        (lambda: VisibilityNoise(1).flatten(np.ones((3, 5, 5))), "complex"),
        (
            lambda: GaussianMapNoise(np.full((4, 4), 0.5)).flatten(np.ones((3, 4, 4), int)),
            "coarser",
        ),
    ],
)
def test_impossible_maps_are_refused(build: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        build()  # type: ignore[operator]


def test_gaussian_noise_draws_what_it_says() -> None:
    y = GaussianNoise(7).sample(np.full(200_000, 50.0), np.random.default_rng(0))
    assert (y.mean(), y.std()) == pytest.approx((50, 7), abs=0.05)
