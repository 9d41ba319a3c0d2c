"""Sums of one field: they add up, move and weigh, with threads or without."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.stream.field_sums import FieldSums, sum_frames
from hil.noise import GaussianNoise, PoissonNoise

P = 4
FRAMES = np.random.default_rng(0).poisson(20, (6, 24, 28)).astype(np.uint16)


def total(frames: np.ndarray, about: float = 20.0) -> FieldSums:
    return sum_frames(frames, about, PoissonNoise(), True, P)


def same(one: FieldSums, other: FieldSums, rel: float = 1e-6) -> None:
    assert one.lags.products == pytest.approx(other.lags.products, rel=rel, abs=0.5)
    assert one.lags.pairs == pytest.approx(other.lags.pairs)
    assert one.lags.total == pytest.approx(other.lags.total, abs=0.1)
    assert one.moments.n == pytest.approx(other.moments.n)
    assert one.noise_nats == pytest.approx(other.noise_nats)


def test_frames_in_parts_are_frames_at_once() -> None:
    parts, whole = total(FRAMES[:2]) + total(FRAMES[2:]), total(FRAMES)
    same(parts, whole)
    assert parts.counts is not None and whole.counts is not None
    assert np.array_equal(parts.counts.counts, whole.counts.counts)
    assert whole.moments.n == 6 * 6 * 7


def test_twice_the_frames_weigh_twice() -> None:
    same(total(np.concatenate([FRAMES, FRAMES])), total(FRAMES).scaled(2.0))


def test_the_fixed_value_can_be_moved_later() -> None:
    same(total(FRAMES, 20.0).shifted(20.0 - 15.0), total(FRAMES, 15.0), rel=1e-4)


def test_real_numbers_have_no_histogram_and_known_noise() -> None:
    found = sum_frames(FRAMES + 0.5, 20.0, GaussianNoise(3.0), False, P)
    assert found.counts is None
    expected = float(GaussianNoise(3.0).entropy_phi_nats(np.zeros(1), False)[0])
    assert found.noise_nats / found.moments.n == pytest.approx(expected)


def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = total(FRAMES)
    monkeypatch.setattr("hil.information.stream.field_sums._WORTH_THREADS", 1)
    same(total(FRAMES), alone)
