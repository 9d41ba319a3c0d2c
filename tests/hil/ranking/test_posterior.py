"""The leaders' posterior, against closed forms and against leaders that are drawn by it."""

from __future__ import annotations

import numpy as np
import pytest

from hil.ranking.expected import ExpectedDifferences
from hil.ranking.leader_noise import LeaderNoise
from hil.ranking.posterior import weighed


def noise(*variance: float, degrees: float = 1e6) -> LeaderNoise:
    return LeaderNoise(np.array([variance]), np.zeros(1), np.array([variance[0] ** 0.5]), degrees)


def test_the_mean_is_that_of_normal_theory() -> None:
    """Two leaders: the difference is weighed by what was expected, and by what was measured."""
    known = ExpectedDifferences(np.array([0.5, -0.5]), np.array([[0.0, 0.0], [0.0, 1e-12]]))
    sure = weighed(np.array([3.0, 4.0]), noise(1.0, 1.0), known).centre()
    assert sure[0] - sure[1] == pytest.approx(1.0, abs=0.2), "the search knew it all, in all odds"
    assert sure.mean() == pytest.approx(3.5), "the level is of the fresh frames"
    open_ = ExpectedDifferences(np.array([0.5, -0.5]), np.array([[0.0, 0.0], [0.0, 1e12]]))
    free = weighed(np.array([3.0, 4.0]), noise(1.0, 1.0), open_).centre()
    alone = weighed(np.array([3.0, 4.0]), noise(1.0, 1.0), None).centre()
    assert free == pytest.approx(alone, abs=0.01), "it knew nothing"


def test_every_cell_is_the_normal_posterior() -> None:
    rng = np.random.default_rng(1)
    root = rng.standard_normal((3, 3))
    known = ExpectedDifferences(rng.standard_normal(3), root @ root.T)
    cells = weighed(rng.standard_normal(3), noise(0.5, 1.0, 2.0), known)
    for i in range(len(cells.weight)):
        # the common level by a wide prior, in place of a flat one
        before = cells.covariance[i] + 1e8
        gain = before @ np.linalg.inv(before + np.diag(cells.variance[i]))
        away = cells.means - cells.lead[i]
        want = cells.lead[i] + gain @ away
        got = cells.m[i] + cells.lead[i] + cells.gain[i] @ (away - cells.m[i])
        assert got == pytest.approx(want, abs=1e-5)


def test_draws_have_the_posterior_s_mean_and_spread() -> None:
    rng = np.random.default_rng(2)
    root = rng.standard_normal((3, 3))
    known = ExpectedDifferences(rng.standard_normal(3), root @ root.T)
    cells = weighed(rng.standard_normal(3), noise(0.5, 1.0, 2.0), known)
    drawn = cells.draws(200_000, 1e6, np.random.default_rng(3))
    assert drawn.mean(axis=0) == pytest.approx(cells.centre(), abs=0.02)
    contrast = np.array([1.0, -1.0, 0.0])
    within = 0.0
    between = []
    for i, weight in enumerate(cells.weight):
        before = cells.covariance[i] + 1e8
        left = before - before @ np.linalg.inv(before + np.diag(cells.variance[i])) @ before
        within += weight * float(contrast @ left @ contrast)
        away = cells.means - cells.lead[i] - cells.m[i]
        between.append(float(contrast @ (cells.lead[i] + cells.gain[i] @ away)))
    spread = within + float(cells.weight @ (np.array(between) - cells.weight @ between) ** 2)
    assert np.var(drawn @ contrast) == pytest.approx(spread, rel=0.03)


@pytest.mark.parametrize(("n_leaders", "size"), [(3, 0.03), (3, 0.3), (3, 3.0), (8, 0.3)])
def test_stated_probabilities_come_true_where_the_search_knows_how_sure_it_is(
    n_leaders: int, size: float
) -> None:
    """Leaders drawn as expected, closer to one another than trials tell, or further apart.

    Within three points over all, and within four in the halves that it is more and less sure of.
    """
    rng = np.random.default_rng(4)
    found = []
    for _ in range(2500):
        root = size * rng.standard_normal((n_leaders, 3))
        known = ExpectedDifferences(size * rng.standard_normal(n_leaders), root @ root.T)
        factor = np.exp(np.log(2.0) * rng.standard_normal())
        truth = known.mean + factor * root @ rng.standard_normal(3)
        means = truth + rng.standard_normal(n_leaders) + 5.0
        cells = weighed(means, noise(*np.ones(n_leaders)), known)
        drawn = cells.draws(300, 1e6, rng)
        best = int(np.argmax(cells.centre()))
        found.append((np.mean(drawn.argmax(axis=1) == best), best == int(np.argmax(truth))))
    said, was = np.array(sorted(found), dtype=float).T
    assert abs(said.mean() - was.mean()) < 0.03
    assert abs(said[:1250].mean() - was[:1250].mean()) < 0.04
    assert abs(said[1250:].mean() - was[1250:].mean()) < 0.04


def test_fresh_frames_tell_a_search_that_was_far_too_sure() -> None:
    """It knew that two leaders are the same to a hundredth; one measures six times the noise."""
    known = ExpectedDifferences(np.zeros(2), np.array([[0.0, 0.0], [0.0, 1e-4]]))
    cells = weighed(np.array([0.0, 6.0]), noise(1.0, 1.0), known)
    drawn = cells.draws(4000, 1e6, np.random.default_rng(7))
    assert np.mean(drawn[:, 1] > drawn[:, 0]) > 0.9
    assert cells.centre()[1] - cells.centre()[0] > 3.0
    close = weighed(np.array([0.0, 1.0]), noise(1.0, 1.0), known)
    drawn = close.draws(4000, 1e6, np.random.default_rng(7))
    assert np.mean(drawn[:, 1] > drawn[:, 0]) < 0.6, "a little more is luck"


def test_objectives_of_any_size_say_the_same() -> None:
    rng = np.random.default_rng(5)
    root = rng.standard_normal((3, 3))
    means, lead = rng.standard_normal(3), rng.standard_normal(3)
    found = []
    for scale in (1e-9, 1.0, 1e9):
        known = ExpectedDifferences(scale * lead, scale**2 * root @ root.T)
        own = noise(*(scale**2 * np.array([0.5, 1.0, 2.0])))
        drawn = weighed(scale * means, own, known).draws(2000, 5.0, np.random.default_rng(6))
        found.append(np.bincount(drawn.argmax(axis=1), minlength=3))
    assert (found[0] == found[1]).all()
    assert (found[2] == found[1]).all()
