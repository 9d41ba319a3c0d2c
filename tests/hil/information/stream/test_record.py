"""What is kept of a stream: it adds up, fades and keeps its extremes."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.sample.checks import check_frames
from hil.information.stream.field_sums import sum_frames
from hil.information.stream.record import FieldRecord, StreamTotals
from hil.noise import CameraNoise

NOISE = CameraNoise(1.0, 100, 2.0, 12)
RNG = np.random.default_rng(0)


def totals(top: int = 300, repeats: int = 2) -> StreamTotals:
    frames = RNG.integers(150, top, (1, repeats, 16, 16)).astype(np.uint16)
    frames[0, 0, 0, 0] = 4095
    return StreamTotals.of(check_frames(frames, NOISE, 8), NOISE, 200.0, 4095.0)


def test_pixels_are_counted_and_clipped_ones_too() -> None:
    found = totals()
    assert (found.n_pixels, found.n_saturated, found.n_dark) == (512, 1, 0)
    assert found.highest_adu == 4095
    assert 150 <= found.first_percentile_adu < found.last_percentile_adu < 4095
    assert found.repeats.n_common == 1
    assert totals(repeats=1).repeats.n_common == 0


def test_old_frames_count_less_and_extremes_stay() -> None:
    old, new = totals(top=900), totals(top=200)
    both = old.scaled(0.25) + new
    assert both.n_pixels == 128 + 512
    assert both.n_saturated == 1.25
    assert both.lowest_adu == min(old.lowest_adu, new.lowest_adu)
    assert both.last_percentile_adu == old.last_percentile_adu


def record(clock: float) -> FieldRecord:
    frames = RNG.integers(150, 300, (2, 16, 16)).astype(np.uint16)
    sums = sum_frames(frames, 200.0, NOISE, True, 4)
    pattern = (frames - 200.0).sum(axis=0).astype(np.float32)
    return FieldRecord(sums, pattern, float((frames - 200.0).mean(axis=(1, 2)).sum()), 2.0, clock)


def test_fields_fade_as_of_a_time_and_the_latest_time_counts() -> None:
    one, other = record(3.0), record(9.0)
    faded = one.scaled(0.5, 9.0) + other
    assert (faded.n_frames, faded.clock) == (3.0, 9.0)
    assert faded.pattern == pytest.approx(0.5 * one.pattern + other.pattern)
    assert one.scaled(1.0, 7.0).sums is one.sums


def test_a_moved_fixed_value_moves_every_mean() -> None:
    one = record(0.0)
    moved = one.shifted(10.0)
    assert moved.mean_adu_sum == pytest.approx(one.mean_adu_sum + 20)
    assert moved.pattern == pytest.approx(one.pattern + 20)
    assert moved.sums.lags.mean == pytest.approx(one.sums.lags.mean + 10)
    assert one.shifted(0.0) is one
