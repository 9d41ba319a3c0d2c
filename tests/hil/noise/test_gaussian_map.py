"""Noise that varies over the frame is divided out, and tells on what it cannot take."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.errors import InputError
from hil.information import estimate_information
from hil.noise import (
    GaussianMapNoise,
    VisibilityNoise,
    XrayNoise,
)


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
