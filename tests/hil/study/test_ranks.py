from __future__ import annotations

import numpy as np
import pytest

from hil.study.ranks import Losses, ceiling, correlations, rank


def test_rank_correlations_are_those_of_the_textbook() -> None:
    scores = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    values = np.array([[1.0, 4, 9, 16, 25], [5, 4, 3, 2, 1], [2, 1, 4, 3, 5], [7, 7, 7, 7, 7]])
    # 1 - 6 sum d^2 / (n (n^2 - 1)) = 1 - 6 * 4 / 120
    assert correlations(values, scores) == pytest.approx([1, -1, 0.8, 0])


def test_the_ceiling_is_what_seeds_have_in_common() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=400)
    scores = truth + rng.normal(size=(3, 400))
    mean = scores.mean(axis=0)
    assert ceiling(scores) == pytest.approx(correlations(truth[None], mean)[0], abs=0.05)
    assert ceiling(np.stack([truth, truth])) == pytest.approx(1)
    assert np.isnan(ceiling(scores[:1]))


def _losses(quality: np.ndarray, noise: float, rng: np.random.Generator) -> Losses:
    scenes = [rng.normal(size=(quality.size, 200)) * noise - quality[:, None] for _ in range(2)]
    return Losses(scenes, [np.ones(200)] * 2, lambda loss: -loss)


def test_a_predictor_that_is_better_is_told_apart_and_an_equal_one_is_not() -> None:
    rng = np.random.default_rng(1)
    quality = np.linspace(0, 1, 24)
    losses = _losses(quality, 0.2, rng)
    chance = rng.permutation(24).astype(float)
    predictors = {
        "good": np.tile(quality, (2, 1)),
        "same": np.tile(quality**3, (2, 1)),
        "chance": np.tile(chance, (2, 1)),
    }
    told = rank(predictors, ["chance"], "good", "same", losses, 200, rng)
    assert told.best_metric == "chance" and told.difference[1] > 0
    assert told.agreement["good"].spearman > 0.99 and told.agreement["good"].kendall > 0.95
    equal = rank(predictors, ["same"], "good", "good", losses, 200, rng)
    assert equal.difference == (0, 0, 0)


def test_scores_weigh_scenes_by_their_frames() -> None:
    losses = Losses([np.array([[1.0, 4.0]])], [np.array([3.0, 1.0])], lambda loss: -loss)
    assert losses.scores() == pytest.approx(np.array([[-1.75]]))
