"""A bound from pairs of repeats alone: below the truth, and near it where scenes are apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.mixture.pair_bound import repeat_bound_nats


def repeats_of(scenes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(F, 2, 1, d) two repeats in noise of width 1."""
    return scenes[:, None, None] + rng.standard_normal((len(scenes), 2, 1, scenes.shape[1]))


def test_known_scenes_far_apart_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    templates = 10 * rng.standard_normal((8, 16))
    scenes = templates[rng.integers(8, size=2000)]
    found = repeat_bound_nats(repeats_of(scenes, rng), rng)
    assert found == pytest.approx(math.log(8), abs=0.05)


def test_noise_alone_says_nothing() -> None:
    rng = np.random.default_rng(1)
    found = repeat_bound_nats(repeats_of(np.zeros((2000, 16)), rng), rng)
    assert found == pytest.approx(0, abs=0.01)


def test_it_lies_below_the_information_of_one_repeat() -> None:
    rng = np.random.default_rng(2)
    found = repeat_bound_nats(repeats_of(rng.standard_normal((3000, 4)), rng), rng)
    between_repeats = -0.5 * 4 * math.log(1 - 0.25)  # correlation 1/2
    assert 0.3 * between_repeats < found < between_repeats + 0.05
    assert found < 0.5 * 4 * math.log(2)


def test_fields_that_differ_as_a_whole_are_few_scenes() -> None:
    rng = np.random.default_rng(3)
    bright = 20.0 * np.arange(8)[:, None, None, None]
    repeats = bright + rng.standard_normal((8, 2, 64, 16))
    assert repeat_bound_nats(repeats, rng) == pytest.approx(math.log(8), abs=0.1)
