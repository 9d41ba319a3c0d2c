"""Frames made into two: which may be, and that the halves are independent given the scene."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from hil.information.lower.thinning import cannot_be_thinned, thinned
from hil.information.sample.choose import choose_sample
from hil.information.sample.prepare import take_in
from hil.information.sample.sample import Sample
from hil.noise import CameraNoise, EmccdNoise, GaussianNoise, NoiseModel, PoissonNoise, XrayNoise

RNG = np.random.default_rng(0)
LIGHT = 20 * np.exp(0.5 * RNG.standard_normal((6, 1, 32, 32)))


def sample_of(noise: NoiseModel, light: np.ndarray = LIGHT) -> Sample:
    frames = noise.sample(light, np.random.default_rng(1))
    return choose_sample(take_in(frames, noise, 4, None), 4, 0)


class Case(NamedTuple):
    says: str
    noise: NoiseModel
    why_not: str


CASES = [
    Case("photons", PoissonNoise(), ""),
    Case("real numbers", GaussianNoise(2.0), ""),
    Case("X-ray photons of 40 ADU", XrayNoise(40, 100, 2.0), ""),
    Case("electrons of 20 ADU", CameraNoise(0.05, 100, 0.08), ""),
    Case("an ADU an electron, no read noise", CameraNoise(1.0, 100, 0.0), ""),
    Case("an offset between ADU", CameraNoise(1.0, 100.3, 0.0), ""),
    Case("a usual camera", CameraNoise(0.5, 100, 1.6), "hide single electrons"),
    Case("a quiet camera", CameraNoise(0.05, 100, 0.27), "hide single electrons"),
    Case("two electrons an ADU", CameraNoise(2.0, 100, 0.0), "hide single electrons"),
    Case("clipped", CameraNoise(0.05, 100, 0.0, 16, 500), "clipped"),
    Case("an EMCCD", EmccdNoise(5.0, 200, 40.0, 300), "no counts"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_frames_are_thinned_where_that_is_right_and_nowhere_else(case: Case) -> None:
    reason = cannot_be_thinned(sample_of(case.noise))
    assert case.why_not in reason
    assert bool(reason) == bool(case.why_not)


def test_rounded_gaussian_numbers_are_not() -> None:
    frames = np.rint(RNG.normal(100, 5, (6, 1, 32, 32)))
    sample = choose_sample(take_in(frames, GaussianNoise(5), 4, None), 4, 0)
    assert "rounding" in cannot_be_thinned(sample)


@pytest.mark.parametrize("case", CASES[:6], ids=lambda case: case.says)
@pytest.mark.parametrize("level", [0.5, 5.0, 50.0])
def test_halves_of_one_scene_know_nothing_of_each_other(case: Case, level: float) -> None:
    """On a flat field, where the scene is known: no correlation of values, nor of their squares."""
    sample = sample_of(case.noise, np.full((6, 1, 128, 128), level))
    a, b = thinned(sample, np.random.default_rng(2)).swapaxes(0, 1).reshape(2, -1)
    for one, other in ((a, b), (a**2, b**2), (a, b**2)):
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(a.size)


@pytest.mark.parametrize("case", CASES[:6], ids=lambda case: case.says)
def test_each_half_has_noise_of_about_one(case: Case) -> None:
    sample = sample_of(case.noise, np.full((6, 1, 64, 64), 60.0))
    pairs = thinned(sample, np.random.default_rng(3))
    assert pairs.shape == (6, 2, 256, 16)
    assert pairs.std() == pytest.approx(1, abs=0.03)
