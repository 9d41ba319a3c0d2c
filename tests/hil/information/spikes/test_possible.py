"""Where nothing is taken out, spikes that may pass for much are said: of streams, and out of core."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information import OnlineEstimator, estimate_stored
from hil.information.spikes.possible import PossibleSpikes
from hil.noise import CameraNoise
from hil.records.estimate import Estimate

CAMERA = CameraNoise(0.5, 100, 1.6)
SHAPE = (5, 64, 64)


def frames(sigma: float, share: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    white = gaussian_filter(rng.standard_normal(SHAPE), (0, sigma, sigma))
    light = 60 * np.exp(0.5 * white / white.std()) if sigma else np.full(SHAPE, 60.0)
    hits = (rng.random(SHAPE) < share) * rng.integers(400, 4000, SHAPE)
    return np.asarray(CAMERA.sample(light, rng) + hits, dtype=np.uint16)


def streamed(images: np.ndarray) -> Estimate:
    online = OnlineEstimator(CAMERA, 8)
    for number, image in enumerate(images):
        online.update(image, number)
    return online.estimate()


def stored(images: np.ndarray) -> Estimate:
    return estimate_stored(images[:, None], CAMERA, "copula", 8, memory_bytes=1)


@pytest.mark.parametrize("way", [streamed, stored])
def test_hits_that_stay_are_said(way: Callable[[np.ndarray], Estimate]) -> None:
    for sigma in (0.0, 1.5):
        found = way(frames(sigma, 4e-3))
        assert "spikes_possible" in found.flags
        assert found.details["spike_possible_bits"] > 0.02
    for clean in (frames(0.0, 0.0), frames(1.5, 0.0), frames(0.3, 0.0)):
        assert "spikes_possible" not in way(clean).flags


def test_sums_are_of_all_frames() -> None:
    struck, clean = (PossibleSpikes.of(frames(1.5, share)[0], CAMERA) for share in (4e-3, 0.0))
    both = struck + clean
    assert both.pixels == struck.pixels + clean.pixels == 2 * 64 * 64
    assert clean.bits < both.bits < struck.bits
    assert struck.scaled(3.0).bits == pytest.approx(struck.bits)
    assert PossibleSpikes().bits == 0
