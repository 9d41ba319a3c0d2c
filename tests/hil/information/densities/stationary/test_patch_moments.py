"""Moments of patches: they say what the patches would, and add up."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hil.information.densities.stationary.autocovariance import moment_lag_sums
from hil.information.densities.stationary.model import StationaryModel
from hil.information.densities.stationary.patch_moments import PatchMoments, frame_moments
from tests.hil.information.densities.stationary.stationary_cases import (
    SIZES,
    autocovariance,
    basis,
    covariance,
)


@pytest.mark.parametrize("p", SIZES)
def test_moments_say_what_patches_would(p: int) -> None:
    rng = np.random.default_rng(p)
    frames = rng.normal(5, 2, (3, 4 * p + 1, 3 * p + 1))
    moments = frame_moments(frames, 4.0, p)
    cut = frames[:, : 4 * p, : 3 * p].reshape(3, 4, p, 3, p).transpose(0, 1, 3, 2, 4)
    patches = cut.reshape(-1, p * p)
    assert moments.n == 36
    c = autocovariance(p)
    distribution = multivariate_normal(np.full(p * p, 4.7), covariance(c))
    found = StationaryModel(c).cross_entropies_nats(0.7, [moments])
    assert found == pytest.approx([-distribution.logpdf(patches).mean() / p**2])
    centred = basis(p * p) @ (patches - 4.7).T
    h = p * p // 2
    about = moments.covariance(0.7)
    assert np.allclose(about.even, centred[:-h] @ centred[:-h].T / 36)
    assert np.allclose(about.odd, centred[-h:] @ centred[-h:].T / 36)
    elsewhere = frame_moments(frames + 3.0, 4.0, p)
    assert np.allclose(moments.shifted(3.0).second.even, elsewhere.second.even)
    assert np.allclose(moments.shifted(3.0).first, elsewhere.first)


@pytest.mark.parametrize("p", SIZES)
def test_lags_of_moments_are_those_of_pairs_within_patches(p: int) -> None:
    patches = np.random.default_rng(p).normal(1, 2, (7, p, p))
    sums = moment_lag_sums(frame_moments(patches, 0.0, p))
    for down, across in [(0, 0), (1, 0), (-1, 1), (1, 1)]:
        one = patches[:, max(0, -down) : p - max(0, down), max(0, -across) : p - max(0, across)]
        other = patches[:, max(0, down) :, max(0, across) :][:, : one.shape[1], : one.shape[2]]
        if down < 0:
            other = patches[:, : p + down, max(0, across) :][:, :, : one.shape[2]]
        at = (p - 1 + down, p - 1 + across)
        assert sums.products[at] == pytest.approx(float((one * other).sum()))
        assert sums.ends[at] == pytest.approx(float((one + other).sum()))
        assert sums.pairs[at] == one.size
    assert sums.total == pytest.approx(patches.sum())


def test_moments_add_up() -> None:
    frames = np.random.default_rng(0).normal(0, 1, (4, 8, 8))
    whole = frame_moments(frames, 0.0, 4)
    parts: list[PatchMoments] = [frame_moments(frames[k : k + 2], 0.0, 4) for k in (0, 2)]
    assert np.allclose((parts[0] + parts[1]).second.odd, whole.second.odd)
    assert np.allclose((whole - parts[0]).first, parts[1].first)
    assert parts[0].scaled(0.5).n == 4
