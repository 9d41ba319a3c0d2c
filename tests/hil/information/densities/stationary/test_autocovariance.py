"""Covariance by lag: FFT against the sum over pairs, moved means, and floors."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.stationary.autocovariance import (
    LagSums,
    above_floor,
    floored,
    frame_lag_sums,
    within_patches,
)

P = 3
FRAMES = np.random.default_rng(0).normal(50, 3, (4, 9, 11))


def by_pairs(frames: np.ndarray, about: float) -> LagSums:
    """The sums, pair by pair."""
    products, ends, pairs = (np.zeros((2 * P - 1, 2 * P - 1)) for _ in range(3))
    y = frames - about
    height, width = y.shape[1:]
    for i in range(1 - P, P):
        for j in range(1 - P, P):
            first = y[:, max(0, i) : height + min(0, i), max(0, j) : width + min(0, j)]
            second = y[:, max(0, -i) : height + min(0, -i), max(0, -j) : width + min(0, -j)]
            products[i + P - 1, j + P - 1] = (first * second).sum()
            ends[i + P - 1, j + P - 1] = (first + second).sum()
            pairs[i + P - 1, j + P - 1] = first.size
    return LagSums(products, ends, pairs, float(y.sum()))


def same(one: LagSums, other: LagSums) -> None:
    for name in ("products", "ends", "pairs", "total"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-6), name


def test_fft_gives_what_the_pairs_do() -> None:
    same(frame_lag_sums(FRAMES, 48.0, P), by_pairs(FRAMES, 48.0))


def test_the_fixed_value_does_not_matter() -> None:
    about = frame_lag_sums(FRAMES, 48.0, P)
    same(about.shifted(48.0 - 40.0), frame_lag_sums(FRAMES, 40.0, P))
    assert about.autocovariance == pytest.approx(frame_lag_sums(FRAMES, 0.0, P).autocovariance)
    assert about.mean == pytest.approx(FRAMES.mean() - 48)


def test_all_but_a_fold_is_a_subtraction() -> None:
    everything = frame_lag_sums(FRAMES, 48.0, P)
    own = frame_lag_sums(FRAMES[:1], 48.0, P)
    same(everything - own, frame_lag_sums(FRAMES[1:], 48.0, P))
    same(own + own, own.scaled(2.0))


def test_what_is_sound_stays_and_what_is_not_is_lifted() -> None:
    white = np.zeros((5, 5))
    white[2, 2] = 4.0
    assert floored(white, 3.9) is white
    wave = 2 * np.cos(2.9 * np.abs(np.arange(-2, 3)))[None, :] * np.ones((5, 1)) + white / 8
    assert not above_floor(wave, 1.0)
    lifted = floored(wave, 1.0)
    assert above_floor(lifted, 1.0)
    assert lifted == pytest.approx(lifted[::-1, ::-1])
    stack = floored(np.stack([white, wave]), 1.0)
    assert np.array_equal(stack[0], white)
    assert above_floor(stack, 1.0).all()


def test_pairs_within_patches_serve_narrow_frames_and_very_many_patches() -> None:
    assert within_patches(16, 400, 16)
    assert not within_patches(64, 64, 16)
    assert within_patches(1024, 1024, 16)
    assert not within_patches(1024, 1024, 16, n_patches=100)
