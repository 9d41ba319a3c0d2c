"""phi over a stretch of light: its mean given the light is the entropy, within what it states."""

from __future__ import annotations

import numpy as np
import pytest

from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.entropy.entropy_stretch import PhiStretch
from hil.noise.entropy.histogram import AduCounts

PIXEL = CameraPixel(0.5, 100, 1.6, 65535)


@pytest.fixture(scope="module")
def stretch() -> PhiStretch:
    made = PhiStretch(PIXEL, PIXEL.stabilised(0), 22.0, 80.0, PIXEL.adu(30.0))
    made.solve(lambda y: PIXEL.smooth_entropy_nats(np.maximum((y - 100) * 0.5, 0)))
    return made


def test_the_mean_of_phi_is_the_entropy_within_the_bias_it_states(stretch: PhiStretch) -> None:
    lambda_e = 30.0
    y = np.rint(
        np.random.default_rng(0).poisson(lambda_e, 400_000) / 0.5
        + 100
        + np.random.default_rng(1).normal(0, 3.2, 400_000)
    )
    truth = float(np.interp(lambda_e, stretch.lambda_e, stretch.h_nats))
    assert stretch.phi_nats(y).mean() == pytest.approx(truth, abs=0.005)
    assert np.abs(stretch.residual_nats).max() < 0.02


def test_the_light_behind_a_histogram_says_what_is_lacking(stretch: PhiStretch) -> None:
    rng = np.random.default_rng(2)
    y = np.rint(rng.poisson(6.0, 300_000) / 0.5 + 100 + rng.normal(0, 3.2, 300_000))
    counts = AduCounts.of(y.astype(np.int64))
    assert counts is not None
    shift = stretch.phi_shift(counts)
    truth = float(np.interp(6.0, stretch.lambda_e, stretch.h_nats))
    assert stretch.phi_nats(y).mean() + shift.nats == pytest.approx(truth, abs=0.004)
    assert 0 <= shift.sd_nats < 0.01
