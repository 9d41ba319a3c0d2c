"""Which of few kinds a frame is, when nobody said how many."""

from __future__ import annotations

import numpy as np

from hil.information.densities.low_rank.frames import Directions
from hil.information.densities.low_rank.kinds import best_kinds

N, VALUES = 200, 400


def found(frames: np.ndarray) -> tuple[float, int]:
    """Information in nats and number of kinds."""
    rng = np.random.default_rng(0)
    kinds = best_kinds(frames @ frames.T, VALUES, np.arange(N) % 5, rng)
    assert kinds is not None
    return kinds.information_nats, kinds.number


def test_templates_tell_which_they_are_and_no_more() -> None:
    rng = np.random.default_rng(1)
    templates = rng.standard_normal((6, VALUES))
    frames = templates[rng.integers(6, size=N)] + rng.standard_normal((N, VALUES))
    nats, number = found(frames - frames.mean(axis=0))
    assert 6 <= number <= 12
    assert abs(nats - np.log(6)) < 0.7  # of a frame of 400 values


def test_what_varies_within_a_kind_counts() -> None:
    rng = np.random.default_rng(2)
    templates = 2 * rng.standard_normal((3, VALUES))
    within = rng.standard_normal(VALUES) / np.sqrt(VALUES)
    frames = templates[rng.integers(3, size=N)] + rng.standard_normal((N, VALUES))
    frames += 30 * rng.standard_normal((N, 1)) * within
    nats, _ = found(frames - frames.mean(axis=0))
    power = 900 * float(within @ within)
    assert abs(nats - np.log(3) - 0.5 * np.log1p(power)) < 0.4


def test_a_gaussian_is_not_cut_into_kinds_for_gain() -> None:
    rng = np.random.default_rng(3)
    directions = np.linalg.qr(rng.standard_normal((VALUES, 10)))[0]
    powers = np.geomspace(1000, 10, 10)
    frames = (rng.standard_normal((N, 10)) * np.sqrt(powers)) @ directions.T
    frames += rng.standard_normal((N, VALUES))
    nats, _ = found(frames - frames.mean(axis=0))
    assert nats > 0.5 * np.log1p(powers).sum() - 2.5  # of 24 nats


def test_noise_alone_has_no_kinds() -> None:
    rng = np.random.default_rng(4)
    frames = rng.standard_normal((N, VALUES))
    products = frames @ frames.T
    assert not len(Directions(products, np.arange(N), VALUES).spectrum.spikes)
    assert best_kinds(products, VALUES, np.arange(N) % 5, rng) is None
