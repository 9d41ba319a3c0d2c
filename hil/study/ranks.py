"""Rank correlation of predictors with how well a task is done, and how sure it is.

x[p] : (S, K) predictor p with seed s at setting k         l[s] : (K, C) losses of held-out scenes

Each replicate draws settings, seeds and held-out scenes with replacement; scenes are the same for
all settings, and all predictors meet the same replicate, so that differences are paired. The best
traditional metric is the one that does best on all data, which favours it.

Ceiling: what ranks of one seed have in common with those of another, r, bounds what any predictor
can reach: mean scores of S seeds correlate with the truth by sqrt(S r / (1 + (S - 1) r)) (Spearman
and Brown 1910).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats

_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a predictor ranks settings.

    Parameters
    ----------
    spearman, kendall
        Rank correlations with the mean score.
    low, high
        95 % interval of Spearman's.
    """

    spearman: float
    kendall: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """All predictors of one task.

    Parameters
    ----------
    agreement
        By name.
    best_metric
        The traditional one that does best.
    difference
        Of information and best metric, with its interval.
    about_target
        Of information about the target and best metric, likewise.
    ceiling
        What noise of the task leaves to any predictor.
    """

    agreement: Mapping[str, Agreement]
    best_metric: str
    difference: tuple[float, float, float]
    about_target: tuple[float, float, float]
    ceiling: float


@dataclass(frozen=True)
class Losses:
    """Of one task.

    Parameters
    ----------
    by_scene
        For each seed (K, C).
    size
        For each seed (C,) frames of each scene.
    score
        Takes mean losses (K,) of a seed, gives scores of which more is better.
    """

    by_scene: Sequence[Floats]
    size: Sequence[Floats]
    score: Callable[[Floats], Floats]

    def scores(self) -> Floats:
        """(S, K) on all held-out scenes."""
        return np.stack([self._of(s, size) for s, size in enumerate(self.size)])

    def _of(self, seed: int, weight: Floats) -> Floats:
        return self.score(self.by_scene[seed] @ (weight / weight.sum()))

    def resampled(self, seeds: list[int], rng: np.random.Generator) -> Floats:
        """(K,) mean over drawn seeds, each on drawn scenes."""
        parts = []
        for seed in seeds:
            size = self.size[seed]
            drawn = rng.multinomial(size.size, np.full(size.size, 1 / size.size))
            parts.append(self._of(seed, drawn * size))
        found: Floats = np.mean(parts, axis=0)
        return found


def rank(
    predictors: Mapping[str, Floats],
    metrics: Sequence[str],
    information: str,
    target: str,
    losses: Losses,
    resampled: int,
    rng: np.random.Generator,
) -> Ranking:
    """Compare predictors.

    Parameters
    ----------
    predictors
        (S, K) each, by name.
    metrics
        Which of them are traditional.
    information, target
        Which are compared with the best of those.
    losses
        Of the task.
    resampled
        Replicates.
    rng
        The only source of chance.
    """
    names = list(predictors)
    values = np.stack([predictors[name] for name in names])  # (P, S, K)
    n_seeds, n_settings = values.shape[1:]
    scores = losses.scores()
    whole = correlations(values.mean(axis=1), scores.mean(axis=0))
    drawn = np.empty((resampled, len(names)))
    for i in range(resampled):
        seeds = [int(rng.integers(n_seeds)) for _ in range(n_seeds)]
        settings = rng.integers(n_settings, size=n_settings)
        there = losses.resampled(seeds, rng)[settings]
        drawn[i] = correlations(values[:, seeds].mean(axis=1)[:, settings], there)
    ends = _interval(drawn)
    agreement = {
        name: Agreement(
            float(whole[p]),
            _kendall(values[p].mean(axis=0), scores.mean(axis=0)),
            float(ends[0, p]),
            float(ends[1, p]),
        )
        for p, name in enumerate(names)
    }
    best = max(metrics, key=lambda name: agreement[name].spearman)
    against = names.index(best)

    def difference(name: str) -> tuple[float, float, float]:
        p = names.index(name)
        low, high = _interval(drawn[:, p] - drawn[:, against])
        return float(whole[p] - whole[against]), float(low), float(high)

    return Ranking(agreement, best, difference(information), difference(target), ceiling(scores))


def correlations(values: Floats, scores: Floats) -> Floats:
    """(P,) Spearman's rank correlation of each row (P, K) with scores (K,); 0 for a constant."""
    from scipy.stats import rankdata

    ranks = rankdata(np.vstack([values, scores]), axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    length = np.linalg.norm(ranks, axis=1)
    found: Floats = (ranks[:-1] @ ranks[-1]) / np.maximum(length[:-1] * length[-1], 1e-12)
    return found


def ceiling(scores: Floats) -> float:
    """Give the largest rank correlation that noise of the task (S, K) leaves; NaN for one seed."""
    n = len(scores)
    if n < 2:
        return float("nan")
    pairs = [correlations(scores[i][None], scores[j])[0] for i in range(n) for j in range(i)]
    r = max(float(np.mean(pairs)), 0.0)
    return float(np.sqrt(n * r / (1 + (n - 1) * r)))


def _interval(drawn: Floats) -> Floats:
    found: Floats = np.quantile(drawn, (0.5 - _CONFIDENCE / 2, 0.5 + _CONFIDENCE / 2), axis=0)
    return found


def _kendall(x: Floats, y: Floats) -> float:
    from scipy.stats import kendalltau

    return float(np.nan_to_num(kendalltau(x, y).statistic))
