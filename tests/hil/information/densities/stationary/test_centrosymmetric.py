"""Patches in halves: the same sums, inverses and likelihoods as of whole patches."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hil.information.densities.stationary.autocovariance import moment_lag_sums
from hil.information.densities.stationary.centrosymmetric import Halves, constant, split
from hil.information.densities.stationary.model import StationaryModel, is_positive
from hil.information.densities.stationary.patch_moments import PatchMoments, frame_moments

SIZES = [2, 3, 4, 5]  # with and without a pixel in the middle


def autocovariance(p: int, white: float = 0.3) -> np.ndarray:
    lag = np.arange(1 - p, p)
    c = np.exp(-np.hypot(lag[:, None], 1.3 * lag + 0.4 * lag[:, None]) / 3)
    c[p - 1, p - 1] += white
    return c


def covariance(c: np.ndarray) -> np.ndarray:
    """Entry by entry from its definition."""
    p = c.shape[0] // 2 + 1
    pixel = [(i, j) for i in range(p) for j in range(p)]
    return np.array([[c[i - k + p - 1, j - m + p - 1] for k, m in pixel] for i, j in pixel])


def basis(d: int) -> np.ndarray:
    """(d, d) rows that take a patch to its even half, then to its odd half."""
    return np.concatenate(split(np.eye(d)))


@pytest.mark.parametrize("p", SIZES)
def test_a_stationary_covariance_falls_into_two_blocks(p: int) -> None:
    u = basis(p * p)
    assert np.allclose(u @ u.T, np.eye(p * p))
    c = autocovariance(p)
    halves = Halves.of_lags(c)
    zero = np.zeros((halves.even.shape[0], halves.odd.shape[0]))
    blocks = np.block([[halves.even, zero], [zero.T, halves.odd]])
    assert np.allclose(u @ covariance(c) @ u.T, blocks)
    # each lag of a patch has (p - |a|)(p - |b|) entries
    count = p - np.abs(np.arange(1 - p, p))
    assert np.allclose(halves.lag_totals(), c * np.outer(count, count))


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


@pytest.mark.parametrize("p", SIZES)
def test_a_model_inverts_its_covariance(p: int) -> None:
    c = autocovariance(p)
    model = StationaryModel(c)
    full = covariance(c)
    assert model.log_det == pytest.approx(np.linalg.slogdet(full)[1])
    assert (model.precision @ Halves.of_lags(c)).dot(
        Halves(np.eye(p * p - p * p // 2), np.eye(p * p // 2))
    ) == pytest.approx(p * p)


@pytest.mark.parametrize("p", SIZES)
def test_indefinite_covariances_are_seen(p: int) -> None:
    c = autocovariance(p, 0.0)
    least = np.linalg.eigvalsh(covariance(c))[0]
    below, above = c.copy(), c.copy()
    below[p - 1, p - 1] -= 0.99 * least
    above[p - 1, p - 1] -= 1.01 * least
    assert is_positive(below)
    assert not is_positive(above)
    with pytest.raises(np.linalg.LinAlgError):
        _ = StationaryModel(above).log_det


def test_constant_patches_have_no_odd_half() -> None:
    assert constant(4).tolist() == pytest.approx([2**0.5] * 2)
    assert constant(9).tolist() == pytest.approx([2**0.5] * 4 + [1])
    even, odd = split(np.ones((9, 1)))
    assert not odd.any()
    assert even[:, 0] == pytest.approx(constant(9))


def test_moments_add_up() -> None:
    frames = np.random.default_rng(0).normal(0, 1, (4, 8, 8))
    whole = frame_moments(frames, 0.0, 4)
    parts: list[PatchMoments] = [frame_moments(frames[k : k + 2], 0.0, 4) for k in (0, 2)]
    assert np.allclose((parts[0] + parts[1]).second.odd, whole.second.odd)
    assert np.allclose((whole - parts[0]).first, parts[1].first)
    assert parts[0].scaled(0.5).n == 4
