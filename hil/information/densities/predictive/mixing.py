"""Weights of mixtures, by expectation and maximisation, with a prior that classes share.

A class with few pixels takes the weights of all: kappa pixels' worth of them is added to its own (a
Dirichlet prior), so that nothing jumps when pixels come or go.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

Singles = NDArray[np.float32]
Integers = NDArray[np.intp]

_TINY = np.float32(1e-30)
_RELAXATION = np.float32(1.7)
_WHOLE_STEPS, _CLASS_STEPS = 40, 20
_WHOLE_PIXELS = 8192  # are enough for what is but a prior
_PRIOR_PIXELS = 20.0
_LEAST_WEIGHT = 1e-3  # shared by all experts: none is ever excluded


def mixture_weights(
    counts: Floats, distributions: Floats, prior: Floats, prior_pixels: float, steps: int
) -> Floats:
    """Mix fixed distributions to fit histograms.

    Parameters
    ----------
    counts
        (C, B) histograms.
    distributions
        (A, B) probabilities of the bins under each distribution.
    prior
        (A,) weights that ``prior_pixels`` of each class have, and from which the steps begin.
    steps
        Of EM. Few leave a mixture smoother than many.

    Returns
    -------
    (C, A), rows of sum 1.
    """
    # in single precision: a mixture is as good a distribution for it, and sums to what it sums to
    n = counts.sum(axis=1, keepdims=True).astype(np.float32) + np.float32(prior_pixels)
    seen = counts.any(axis=0)  # other bins say nothing
    few = counts[:, seen].astype(np.float32)
    table = np.ascontiguousarray(distributions[:, seen], dtype=np.float32)
    added = (prior_pixels * prior).astype(np.float32)
    weights = np.tile(prior.astype(np.float32), (len(counts), 1))
    turned = table.T.copy()
    for _ in range(steps):
        expected = weights @ table
        np.maximum(expected, _TINY, out=expected)
        np.divide(few, expected, out=expected)
        counted = expected @ turned
        counted *= weights
        counted += added
        counted /= n
        # further along than EM's own step, which is short; up to 2 it converges (Salakhutdinov and
        # Roweis, ICML 2003)
        counted /= np.maximum(weights, _TINY)
        weights *= counted**_RELAXATION
        weights /= weights.sum(axis=1, keepdims=True)
    result = weights.astype(np.float64)
    return np.asarray(result / result.sum(axis=1, keepdims=True))


def expert_weights(experts: Floats, kind: Integers, n_kinds: int) -> Floats:
    """Mix experts, by class.

    Parameters
    ----------
    experts
        (K, n) probability that each gives to each pixel, positive.
    kind
        (n,) class of each pixel.

    Returns
    -------
    (n_kinds, K), rows of sum 1.
    """
    k = len(experts)
    order = np.argsort(kind.astype(np.int16), kind="stable")  # of so few bits, by counting
    ends = np.concatenate([[0], np.cumsum(np.bincount(kind, minlength=n_kinds))])
    relative = (experts / experts.sum(axis=0)).astype(np.float32)[:, order]
    even = np.full(k, 1 / k)
    some = np.ascontiguousarray(relative[:, :: max(1, len(order) // _WHOLE_PIXELS)])
    whole = _climbed(some, even, 0.0, _WHOLE_STEPS)
    weights = [
        _climbed(relative[:, a:b], whole, _PRIOR_PIXELS, _CLASS_STEPS) for a, b in pairwise(ends)
    ]
    return np.asarray((1 - _LEAST_WEIGHT) * np.stack(weights) + _LEAST_WEIGHT / k, np.float64)


def _climbed(relative: Singles, prior: Floats, prior_pixels: float, steps: int) -> Floats:
    """Weights (K,) of experts (K, n), from ``prior`` on."""
    n = relative.shape[1]
    w = prior
    added, whole = prior_pixels * prior, n + prior_pixels
    for _ in range(steps if n else 0):
        expected = w.astype(np.float32) @ relative
        share = relative @ np.divide(1, expected, out=expected)
        counted = w * share
        counted += added
        counted /= whole
        counted /= np.maximum(w, _TINY)
        w = w * counted**_RELAXATION
        w /= np.add.reduce(w)
    return w
