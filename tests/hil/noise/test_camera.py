"""A camera's noise: its entropy against direct summation, and its variance."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import entropy, poisson

from hil.noise import CameraNoise


def camera_entropy_nats(noise: CameraNoise, lambda_e: float) -> float:
    """Direct sum for one pixel, ADU by ADU."""
    k = np.arange(int(lambda_e + 12 * math.sqrt(lambda_e) + 40))
    y = np.arange(int(noise.highest_adu) + 1)
    sigma = max(noise.read_noise_e / noise.gain_e_per_adu, 1e-9)
    mean = k / noise.gain_e_per_adu + noise.offset_adu
    cdf = ndtr((y[:-1, None] + 0.5 - mean) / sigma) @ poisson.pmf(k, lambda_e)
    return float(entropy(np.diff(np.concatenate([[0.0], cdf, [1.0]])).clip(0)))


class Level(NamedTuple):
    says: str
    noise: CameraNoise
    lambda_e: float


LEVELS = [
    Level("dark, nothing but read noise", CameraNoise(0.5, 100, 1.6, 12), 0.0),
    Level("a few electrons", CameraNoise(0.5, 100, 1.6, 12), 3.3),
    Level("where the exact table ends", CameraNoise(0.5, 100, 1.6, 12), 205.0),
    Level("far beyond it", CameraNoise(0.5, 100, 1.6, 12), 1200.0),
    Level("near the clip", CameraNoise(0.5, 100, 1.6, 12), 1980.0),
    Level("mostly clipped", CameraNoise(0.5, 100, 1.6, 12), 2040.0),
    Level("offset 0 cuts off the dark end", CameraNoise(2.0, 0, 5, 8), 4.0),
    Level("electrons resolved, as in a qCMOS", CameraNoise(0.25, 100, 0.3, 12), 40.0),
    Level("the same, far up", CameraNoise(0.25, 100, 0.3, 12), 700.0),
    Level("no read noise at all", CameraNoise(1.0, 5, 0.0, 10), 7.0),
    Level("read noise too wide to sum electrons", CameraNoise(1.0, 500, 60, 12), 300.0),
    Level("eight bits, coarse", CameraNoise(8.0, 10, 3, 8), 1500.0),
]


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.says)
def test_camera_entropy_equals_the_direct_sum(level: Level) -> None:
    table = float(level.noise.entropy_nats(np.array([level.lambda_e]))[0])
    assert table == pytest.approx(camera_entropy_nats(level.noise, level.lambda_e), abs=7e-5)


def test_a_wholly_clipped_pixel_has_no_entropy() -> None:
    assert CameraNoise(0.5, 100, 1.6, 12).entropy_nats(np.array([4000.0])) == 0


def test_variance_is_the_photon_transfer_line() -> None:
    noise = CameraNoise(0.5, 100, 1.6)
    assert noise.mean_variance_adu2(300.0, True) == pytest.approx(400 + 3.2**2 + 1 / 12)
    assert noise.mean_variance_adu2(50.0, True) == pytest.approx(3.2**2 + 1 / 12)


def test_codes_of_hundreds_of_electrons_take_no_more_memory_than_others() -> None:
    coarse = CameraNoise(400.0, 100.0, 1.6, 12)
    light = np.array([0.0, 200.0, 1e4, 2e5])
    h = coarse.entropy_nats(light)
    assert np.isfinite(h).all() and (h >= 0).all()
    # 2e5 electrons scatter by 447: about one code
    assert h[-1] == pytest.approx(
        0.5 * np.log(2 * np.pi * np.e * (2e5 / 400**2 + 1 / 12)), abs=0.05
    )
