"""A clip is told from every shape of scene."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from hil.noise.clip_test import clips_at_first, clips_at_last
from hil.noise.entropy.histogram import AduCounts

GAIN, OFFSET, READ = 0.5, 100.0, 1.6
N = 100_000


def below(mean: np.ndarray, edges: np.ndarray) -> np.ndarray:
    light = np.maximum((mean - OFFSET) * GAIN, 0)
    return ndtr((edges - mean[:, None]) / (np.sqrt(light + READ**2) / GAIN)[:, None])


def sigma(adu: float) -> float:
    return math.sqrt(max(adu - OFFSET, 0) / GAIN + (READ / GAIN) ** 2)


def scenes(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "flat": np.full(N, 400.0),
        "bright background": np.where(rng.random(N) < 0.6, 800.0, 800 * rng.random(N)),
        "exponential": rng.exponential(200, N),
        "log-normal": 200 * np.exp(0.6 * rng.standard_normal(N)),
        "two levels": np.where(rng.random(N) < 0.5, 100.0, 900.0),
    }


@pytest.mark.parametrize("name", scenes(np.random.default_rng(0)))
@pytest.mark.parametrize("share", [0.0, 0.005, 0.03, 0.5, 0.95])
def test_a_share_of_clipped_pixels_shows_at_either_end(name: str, share: float) -> None:
    rng = np.random.default_rng(1)
    light = scenes(rng)[name]
    adu = np.rint(rng.poisson(light) / GAIN + OFFSET + rng.normal(0, READ / GAIN, N)).astype(int)
    high = np.minimum(adu, int(np.quantile(adu, 1 - share))) if share else adu
    counts = AduCounts.of(high)
    assert counts is not None
    assert clips_at_last(counts, sigma(float(counts.adu[-1])), below) == (share > 0)
    low = np.maximum(adu, int(np.quantile(adu, share))) if share else adu
    counts = AduCounts.of(low)
    assert counts is not None
    assert clips_at_first(counts, sigma(float(counts.adu[0])), below) == (share > 0)
