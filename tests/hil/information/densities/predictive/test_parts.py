"""The parts of the density by prediction: cells, distributions, errors, mixtures, predictors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import poisson

from hil.information.densities.predictive.blend import Blend
from hil.information.densities.predictive.cells import MOST_GROUPS, Cells
from hil.information.densities.predictive.clusters import Clusters
from hil.information.densities.predictive.correction import Correction
from hil.information.densities.predictive.light_distributions import light_distributions
from hil.information.densities.predictive.linear import LinearPredictor, whitener
from hil.information.densities.predictive.mixing import expert_weights, mixture_weights
from hil.information.densities.predictive.neighbours import Classes, activity
from hil.information.densities.predictive.residual_distribution import (
    N_BINS,
    ResidualLaw,
    error_bins,
)
from hil.information.sample.sample import Sample
from hil.noise import CameraNoise, GaussianNoise, PoissonNoise


def cells_of(frames: np.ndarray, noise: PoissonNoise | CameraNoise | GaussianNoise) -> Cells:
    mean = float(frames.mean())
    variance = noise.mean_variance_adu2(mean, True)
    return Cells.of(Sample(frames, 2, mean, variance, discrete=True, noise=noise))


@pytest.mark.parametrize("top", [3, 200, 60_000])
def test_cells_are_as_wide_as_the_noise_says_and_groups_hold_all_codes(top: int) -> None:
    frames = np.array([0, top, top // 2, 1]).reshape(1, 1, 2, 2)
    noise = CameraNoise(0.5, 0, 3.0)
    cells = cells_of(frames, noise)
    edges = cells.channels[0].edges
    assert edges.size == top + 2
    assert (np.diff(edges) > 0).all()
    at = top // 2
    sd = np.sqrt(noise.mean_variance_adu2(float(at), True) + 0.375 * 4)
    assert edges[at + 1] - edges[at] == pytest.approx(1 / sd, rel=1e-6)
    sizes = np.diff(cells.channels[0].group_first)
    assert sizes.sum() == top + 1
    assert sizes.min() >= 1
    assert (sizes[0], sizes[-1]) == (1, 1)
    assert sizes.size <= MOST_GROUPS + 4
    assert np.array_equal(np.bincount(cells.group), sizes)
    assert cells.low[1:] == pytest.approx(cells.high[:-1])
    assert (cells.low[0], cells.high[-1]) == (-1e9, 1e9)


def test_laws_of_light_are_the_noises_own() -> None:
    cells = cells_of(np.array([0, 9, 4, 2]).reshape(1, 1, 2, 2), PoissonNoise())
    distributions = light_distributions(cells.channels[0], PoissonNoise())[0]
    assert distributions.sum(axis=1) == pytest.approx(1)
    distribution = poisson.pmf(np.arange(10), 4.0)
    distribution[-1] += poisson.sf(9, 4.0)
    assert np.abs(distributions - distribution).sum(axis=1).min() < 0.1
    weights = mixture_weights(
        1e5 * distribution[None],
        distributions,
        np.full(len(distributions), 1 / len(distributions)),
        1.0,
        300,
    )
    assert np.abs(weights[0] @ distributions - distribution).sum() < 0.03


def test_bins_of_errors_are_in_order_and_the_law_is_the_normal_one() -> None:
    x = np.linspace(-3000, 3000, 200_001).astype(np.float32)
    bins = error_bins(x)
    assert bins.min() >= 0
    assert bins.max() < N_BINS
    assert (np.diff(bins) >= 0).all()
    e = np.random.default_rng(0).standard_normal(400_000).astype(np.float32)
    counts = np.bincount(error_bins(e), minlength=N_BINS).astype(float)
    distribution = ResidualLaw.fit(counts[None], np.zeros(1))
    ends = np.linspace(-3, 3, 25).astype(np.float32)
    kind = np.zeros(24, dtype=np.int32)
    found = distribution.probability(kind, ends[:-1], ends[1:])
    assert found == pytest.approx(np.diff(ndtr(ends)), abs=2e-3)


def test_cells_of_errors_sum_to_one_whatever_their_width() -> None:
    rng = np.random.default_rng(1)
    heavy = (rng.standard_normal(5000) * np.exp(2 * rng.standard_normal(5000))).astype(np.float32)
    counts = np.bincount(error_bins(heavy), minlength=N_BINS).astype(float)
    distribution = ResidualLaw.fit(np.stack([counts, np.zeros(N_BINS)]), np.zeros(2))
    for ends in (
        [-1e9, -500, -3, 0.1, 7, 2e4, 1e9],
        [-1e9, 0, 1e9],
        np.r_[-1e9, np.linspace(-9, 9, 999), 1e9],
    ):
        edge = np.asarray(ends, dtype=np.float32)
        for kind in (0, 1):
            own = np.full(edge.size - 1, kind, dtype=np.int32)
            found = distribution.probability(own, edge[:-1], edge[1:])
            assert found.min() >= 0
            assert found.sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("width", [0.5, 1.0, 2.0])
def test_what_rounding_adds_to_errors_is_not_counted_twice(width: float) -> None:
    rng = np.random.default_rng(3)
    predicted = rng.uniform(-0.5, 0.5, 100_000) * width  # wherever in a cell
    middle = width * np.rint((predicted + rng.standard_normal(100_000)) / width)
    e = (middle - predicted).astype(np.float32)
    counts = np.bincount(error_bins(e), minlength=N_BINS).astype(float)
    ends = (e - np.float32(width / 2), e + np.float32(width / 2))
    truth = np.log(ndtr(ends[1]) - ndtr(ends[0])).mean()
    kind = np.zeros(e.size, dtype=np.intp)
    once, twice = (
        np.log(ResidualLaw.fit(counts[None], np.array([a])).probability(kind, *ends)).mean()
        for a in (width**2 / 12, 0.0)
    )
    assert once > truth - 0.002
    assert once - twice > 0.0006 * width**4


def test_experts_get_the_weights_that_they_are_worth() -> None:
    rng = np.random.default_rng(2)
    kind = rng.integers(0, 2, 60_000).astype(np.int32)
    truth = np.array([[0.8, 0.2], [0.3, 0.7]])
    distributions = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])
    own = (rng.random(kind.size) > truth[kind, 0]).astype(int)
    y = np.array([rng.choice(3, p=distributions[k]) for k in own])
    weights = expert_weights(np.vstack([distributions[:, y], np.full(y.size, 1e-9)]), kind, 3)
    assert weights[:2, :2] == pytest.approx(truth, abs=0.03)
    assert weights.sum(axis=1) == pytest.approx(1)
    assert weights.min() > 1e-4  # none is ever excluded
    assert weights[2, :2] == pytest.approx(weights[:2, :2].mean(axis=0), abs=0.03)


def test_activity_counts_earlier_neighbours_alone() -> None:
    e = np.zeros((1, 16), dtype=np.float32)
    e[0, 5] = 4.0  # row 1, column 1
    found, alone = activity(e, 4)
    assert np.flatnonzero(alone).tolist() == [0]
    assert set(np.flatnonzero(found[0])) == {6, 7, 8, 9, 10, 13}
    two, alone = activity(np.concatenate([e, e], axis=1), 4)
    assert np.array_equal(two[0, :16], two[0, 16:])
    assert np.flatnonzero(alone).tolist() == [0, 16]


def test_classes_go_by_activity_level_and_sureness() -> None:
    rng = np.random.default_rng(3)
    value, e = rng.standard_normal((2, 500, 16)).astype(np.float32)
    classes = Classes.fit(value, e, 4)
    sure, _ = classes.of(value, e, np.ones(16, dtype=np.float32), 4)
    unsure, active = classes.of(value, e, np.full(16, 9, dtype=np.float32), 4)
    assert np.array_equal(unsure - sure, np.full_like(sure, 12))
    assert 0.3 < active[:, 1:].mean() < 0.6
    assert np.unique(sure).size == 18


def process(rng: np.random.Generator, n: int, p: int) -> tuple[np.ndarray, np.ndarray]:
    at = np.stack(np.divmod(np.arange(p * p), p), axis=1)
    apart = np.linalg.norm(at[:, None] - at[None], axis=-1)
    covariance = 9 * np.exp(-apart / 3) + np.eye(p * p)
    u = rng.standard_normal((n, p * p)) @ np.linalg.cholesky(covariance).T
    return covariance, u.astype(np.float32)


def test_linear_predictions_leave_white_errors() -> None:
    covariance, u = process(np.random.default_rng(4), 20_000, 4)
    linear = LinearPredictor.of(np.zeros(16), covariance)
    e = (u - linear.predict(u)) / linear.sd
    assert np.cov(e.T) == pytest.approx(np.eye(16), abs=0.04)
    w = whitener(covariance)
    assert w @ covariance @ w.T == pytest.approx(np.eye(16), abs=1e-9)


def test_nothing_is_corrected_where_scenes_are_normal() -> None:
    covariance, u = process(np.random.default_rng(5), 4000, 4)
    linear = LinearPredictor.of(np.zeros(16), covariance)
    first = linear.predict(u)
    correction = Correction.fit(u, first, linear.sd, 4)
    added = correction((u - first) / linear.sd, linear.sd)
    assert float((added**2).mean()) < 0.02


def test_spikes_are_taken_out_of_what_follows() -> None:
    rng = np.random.default_rng(6)
    _, u = process(rng, 4000, 4)
    spiked = u + 40 * (rng.random(u.shape) < 0.01).astype(np.float32)
    covariance = np.cov(spiked.T)
    linear = LinearPredictor.of(spiked.mean(axis=0), covariance)
    first = linear.predict(spiked)
    correction = Correction.fit(spiked, first, linear.sd, 4)
    second = first + correction((spiked - first) / linear.sd, linear.sd)
    plain = spiked == u
    before, after = (float(((u - one)[plain] ** 2).mean()) for one in (first, second))
    assert after < 0.9 * before


def test_kinds_tell_templates_apart() -> None:
    rng = np.random.default_rng(7)
    templates = 4 * rng.standard_normal((5, 16))
    u = (templates[rng.integers(5, size=2000)] + rng.standard_normal((2000, 16))).astype(np.float32)
    clusters = Clusters.fit(
        u, u.mean(axis=0).astype(float), np.cov(u.T), 4, 8, 16, rng, placed=True
    )
    mean, sd = clusters.predict(u)
    assert float(((u - mean)[:, 8:] ** 2).mean()) == pytest.approx(1, abs=0.1)
    assert sd[:, 8:].mean() == pytest.approx(1, abs=0.1)
    far = np.full(u.shape, 1e9, dtype=np.float32)
    assert clusters.probability(u, -far, far) == pytest.approx(np.ones(u.shape), abs=1e-5)


def test_blends_are_better_than_what_they_blend() -> None:
    rng = np.random.default_rng(8)
    truth = rng.standard_normal((500, 16)).astype(np.float32)
    said = [truth + s * rng.standard_normal(truth.shape).astype(np.float32) for s in (1.0, 1.0)]
    kind = np.zeros(truth.shape, dtype=np.int32)
    blend = Blend.fit(truth, said, np.ones(16, dtype=np.float32), kind, 2)
    error = float(((blend(said, kind) - truth) ** 2).mean())
    assert error == pytest.approx(0.5, abs=0.05)
