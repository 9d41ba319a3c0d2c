"""Differences of repeats: twice the noise's variance, whatever scene and lamp do."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.diagnostics.difference_sums import DifferenceSums

RNG = np.random.default_rng(0)
SCENE = 200 + 40 * RNG.standard_normal((6, 1, 64, 64))


def repeats(sigma: float = 3.0, n: int = 4) -> np.ndarray:
    return (SCENE + RNG.normal(0, sigma, (6, n, 64, 64))).astype(np.float32)


def test_scenes_cancel_and_twice_the_variance_is_left() -> None:
    found = DifferenceSums.of(repeats())
    assert found.size == 6 * 3 * 64 * 64
    assert found.square / found.size == pytest.approx(18, rel=0.02)
    assert found.along / found.size_along == pytest.approx(0, abs=0.2)
    assert found.down / found.size_down == pytest.approx(0, abs=0.2)
    assert found.rows / found.n_rows == pytest.approx(18, rel=0.1)


def test_a_lamp_that_flickers_is_kept_apart_from_noise() -> None:
    lamp = 1 + 0.05 * RNG.standard_normal((6, 4, 1, 1))
    found = DifferenceSums.of((lamp * SCENE + RNG.normal(0, 3, (6, 4, 64, 64))).astype(np.float32))
    assert found.square / found.size == pytest.approx(18, rel=0.03)
    assert found.common / found.n_common > 10 * found.common_noise / found.n_common


def test_rows_that_move_together_show_in_rows() -> None:
    y = repeats() + RNG.normal(0, 3, (6, 4, 64, 1)).astype(np.float32)
    found = DifferenceSums.of(y)
    assert found.rows / found.n_rows > 20 * found.square / found.size
    assert found.along / found.size_along == pytest.approx(18, rel=0.2)


def test_levels_hold_all_pixels_and_their_noise() -> None:
    found = DifferenceSums.of(repeats())
    assert found.level_size.sum() == pytest.approx(found.size)
    assert found.level_square.sum() == pytest.approx(found.square, rel=1e-5)
    mean = found.level_mean.sum() / found.size
    assert mean == pytest.approx(SCENE.mean(), rel=1e-3)


def test_sums_of_fields_add_up_and_weigh() -> None:
    y = repeats()
    parts = DifferenceSums.of(y[:2]) + DifferenceSums.of(y[2:])
    whole = DifferenceSums.of(y)
    assert parts.square == pytest.approx(whole.square, rel=1e-5)
    assert parts.level_size == pytest.approx(whole.level_size)
    assert whole.scaled(0.5).size == whole.size / 2
    assert DifferenceSums.of(y[:0]).size == 0
