"""Frames of few kinds: which kind it is, and what is left within a kind.

L : the kind that a frame is taken for, a function of the frame alone

    H(Y) = H(L) + H(Y | L) <= H(L) + 1/2 ln det of the covariance within kinds, and constants,

so that for any way to tell kinds apart the sum is above the information, as a Gaussian of all
frames is; templates, symbols, cells in this state or that leave little but noise within a kind.
FewKinds are learnt by k-means, and a frame is given to the nearest by means that it is no part of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.low_rank.frames import Directions
from hil.information.densities.low_rank.spectrum import spectrum

_KINDS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
_LEAST_PER_KIND = 4  # frames of a kind, on average
_STARTS = 6
_NATS_PER_KIND = 0.1
_ROUNDS = 30


@dataclass(frozen=True, slots=True)
class FewKinds:
    """Information if frames are of so many kinds, nats a frame."""

    number: int
    information_nats: float


def best_kinds(
    products: Floats, values: int, fold: NDArray[np.intp], rng: np.random.Generator
) -> FewKinds | None:
    """Find the number of kinds that leaves the least.

    Parameters
    ----------
    products
        K of all frames (n, n).
    values
        D.
    fold
        (n,) of each frame.
    rng
        Draws where k-means begins.

    Returns
    -------
    None where there are too few frames for two kinds, or nothing above the noise.
    """
    whole = Directions(products, np.arange(len(products)), values)
    known = [
        (Directions(products, np.flatnonzero(fold != k), values), np.flatnonzero(fold == k))
        for k in np.unique(fold)
    ]
    if any(len(one.spectrum.spikes) == 0 for one in (whole, *(one for one, _ in known))):
        return None
    least = min(len(one.members) for one, _ in known)
    tried = [
        FewKinds(k, _information(products, whole, known, k, rng))
        for k in _KINDS
        if k * _LEAST_PER_KIND <= least
    ]
    # more kinds than there are say as much to within chance: then the fewer
    worth = _NATS_PER_KIND
    return min(tried, key=lambda one: one.information_nats + worth * one.number, default=None)


def _information(
    products: Floats,
    whole: Directions,
    known: list[tuple[Directions, NDArray[np.intp]]],
    kinds: int,
    rng: np.random.Generator,
) -> float:
    n = len(products)
    first = _k_means(whole.scores(whole.members, len(whole.spectrum.spikes)), kinds, rng)
    label = np.empty(n, dtype=np.intp)
    for one, others in known:
        # along the few directions alone: the nearest of many in all would follow its own noise
        r = len(one.spectrum.spikes)
        about = _means(one.scores(one.members, r), first[one.members], kinds)
        label[others] = _nearest(one.scores(others, r), about)
    size = np.bincount(label, minlength=kinds)
    same = label[:, None] == label
    apart = np.eye(n) - same / size[label]
    degrees = n - int((size > 0).sum())
    within = np.linalg.eigvalsh(apart @ products @ apart.T / degrees)
    left = spectrum(np.maximum(within, 0.0), whole.values, degrees)
    return left.information_nats + _entropy_nats(size)


def _entropy_nats(sizes: NDArray[np.intp]) -> float:
    """Entropy of the kind of a frame, of Miller and Madow (1955): from counts, nearly unbiased."""
    share = sizes[sizes > 0] / sizes.sum()
    return float(-(share * np.log(share)).sum() + (len(share) - 1) / (2 * sizes.sum()))


def _k_means(scores: Floats, kinds: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """(n,) the kind of each: Lloyd's rounds from the best of several starts."""
    tried = [_lloyd(scores, _spread(scores, kinds, rng)) for _ in range(_STARTS)]
    return min(tried, key=lambda one: one[0])[1]


def _lloyd(scores: Floats, means: Floats) -> tuple[float, NDArray[np.intp]]:
    """Sum of squared distances less that of lengths, and labels."""
    total = np.inf
    for _ in range(_ROUNDS):
        distance2 = (means**2).sum(axis=1) - 2 * scores @ means.T
        label: NDArray[np.intp] = distance2.argmin(axis=1)
        before, total = total, float(distance2.min(axis=1).sum())
        if total >= before:
            break
        found = _means(scores, label, len(means))
        means = np.where(np.isfinite(found), found, means)
    return total, label


def _means(scores: Floats, label: NDArray[np.intp], kinds: int) -> Floats:
    """(kinds, r) mean of each kind; infinite of those that have no frame."""
    size = np.bincount(label, minlength=kinds)
    sums = np.zeros((kinds, scores.shape[1]))
    np.add.at(sums, label, scores)
    means: Floats = np.where(size[:, None] > 0, sums / np.maximum(size, 1)[:, None], np.inf)
    return means


def _nearest(scores: Floats, means: Floats) -> NDArray[np.intp]:
    there = np.flatnonzero(np.isfinite(means[:, 0]))
    distance2 = (means[there] ** 2).sum(axis=1) - 2 * scores @ means[there].T
    nearest: NDArray[np.intp] = there[distance2.argmin(axis=1)]
    return nearest


def _spread(scores: Floats, kinds: int, rng: np.random.Generator) -> Floats:
    """Begin far apart (Arthur and Vassilvitskii 2007)."""
    chosen = [int(rng.integers(len(scores)))]
    distance2 = ((scores - scores[chosen[0]]) ** 2).sum(axis=1)
    for _ in range(kinds - 1):
        total = distance2.sum()
        chance = distance2 / total if total > 0 else None
        chosen.append(int(rng.choice(len(scores), p=chance)))
        distance2 = np.minimum(distance2, ((scores - scores[chosen[-1]]) ** 2).sum(axis=1))
    begin: Floats = scores[chosen]
    return begin
