"""Fields as normal scores in units of their noise."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.copula.coded_frames import CodedFrames
from hil.information.densities.copula.normal_scores import NormalScores
from hil.information.densities.copula.scored_fields import ScoredFields
from hil.information.sample.sample import Sample
from hil.noise import PoissonNoise

FRAMES = np.random.default_rng(0).poisson(30, (5, 1, 32, 32)).astype(np.uint16)


@pytest.fixture
def scored() -> ScoredFields:
    codes = CodedFrames(Sample(FRAMES, 4, 30.0, 30.0, True, noise=PoissonNoise()))
    counts = codes.counts()[0].sum(axis=0) + 0.01  # no code without a width
    return ScoredFields((NormalScores(counts / counts.sum()),), codes, np.array([0, 2, 3]))


def test_scores_are_normal_once_the_noises_width_is_put_back(scored: ScoredFields) -> None:
    z = np.concatenate([part.frames for part in scored.parts()]) * scored.noise_sd[0]
    assert z.shape == (3, 1, 32, 32)
    assert z.mean() == pytest.approx(0, abs=0.05)
    assert z.var() == pytest.approx(1, abs=0.1)


def test_of_photons_alone_the_scores_are_mostly_noise(scored: ScoredFields) -> None:
    # nine tenths of what is known of it, to first order, is the floor
    assert 0.7 < scored.noise_sd[0] ** 2 <= 0.9
    assert scored.n_scenes == 3 * 64


def test_moments_turn_back_into_those_of_the_scores(scored: ScoredFields) -> None:
    sd = scored.noise_sd[0]
    whitener = np.eye(16) / 2
    covariance, back = scored.in_scores(4 * np.eye(16), whitener)
    assert covariance == pytest.approx(4 * sd**2 * np.eye(16))
    assert back @ covariance @ back.T == pytest.approx(np.eye(16))
    assert scored.mean_of_scores(np.ones(16)) == pytest.approx(sd)
