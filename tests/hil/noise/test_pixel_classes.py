"""Pixels of much the same kind share a class, and a class costs next to nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.noise.pixel_classes import PixelClasses, unevenness_nats


def test_pixels_that_are_alike_are_one_class() -> None:
    found = PixelClasses.of([np.full(50, 0.5), np.full(50, 2.0)], (0.3, 0.3))
    assert found.weights.tolist() == [1.0]
    assert found.centres[0] == pytest.approx([0.5, 2.0])


def test_two_kinds_keep_their_shares_and_their_numbers() -> None:
    gain = np.repeat([0.5, 2.0], [30, 10])
    found = PixelClasses.of([gain], (0.3,))
    assert dict(zip(found.centres[:, 0].round(6), found.weights, strict=True)) == {
        0.5: 0.75,
        2.0: 0.25,
    }


def test_there_are_never_many_classes_and_their_shares_sum_to_one() -> None:
    rng = np.random.default_rng(0)
    properties = [np.exp(rng.standard_normal(5000)) for _ in range(3)]
    found = PixelClasses.of(properties, (0.1, 0.1, 0.1))
    assert 1 < found.weights.size <= 32
    assert found.weights.sum() == pytest.approx(1)
    # geometric means of the members, so that the geometric mean of all is kept
    kept = np.exp(found.weights @ np.log(found.centres))
    assert kept == pytest.approx([math.exp(np.log(p).mean()) for p in properties])


def test_one_gaussian_for_pixels_that_differ_costs_what_jensen_says() -> None:
    assert unevenness_nats(np.array([0.5, 0.5]), np.array([3.0, 3.0])) == pytest.approx(0)
    cost = unevenness_nats(np.array([0.5, 0.5]), np.array([1.0, 4.0]))
    assert cost == pytest.approx(0.5 * math.log(2.5 / 2))
    assert unevenness_nats(np.array([1.0]), np.array([0.0])) == 0
