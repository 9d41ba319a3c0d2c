"""The distribution of light behind noisy pixels, by maximum likelihood.

A   : (n_lambda, n_groups) P(ADU in group | lambda) on a grid of lambda
n   : (n_groups,) histogram of the pixels
w   : (n_lambda,) weights of the mixing distribution, sum 1

max_w sum_y n_y ln (w A)_y is convex (Kiefer and Wolfowitz, Ann. Math. Statist. 1956; Koenker and
Mizera, JASA 2014). EM multiplies w by A (n / w A); it climbs always, slowly, and is carried on by
squared extrapolation (SQUAREM: Varadhan and Roland, Scand. J. Stat. 2008). H(Y|X) is the mean of h
under w. Where phi is a mean over pixels with a bias that its table states, this fits the whole
histogram, with a bias of its own that falls with the number of pixels: two ways to the same number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ITERATIONS = 400
_TINY = 1e-300


def mixing_weights(likelihood: Floats, counts: NDArray[np.integer] | Floats) -> Floats:
    """Fit w, (n_lambda,), to a histogram.

    Parameters
    ----------
    likelihood
        A.
    counts
        n.
    """
    share = np.asarray(counts, np.float64) / float(np.sum(counts))
    seen = share > 0
    table, share = np.ascontiguousarray(likelihood[:, seen]), share[seen]

    def climbed(weights: Floats) -> Floats:
        result: Floats = weights * (table @ (share / np.maximum(weights @ table, _TINY)))
        result /= result.sum()
        return result

    def fit_of(weights: Floats) -> float:
        return float(share @ np.log(np.maximum(weights @ table, _TINY)))

    weights = np.full(len(table), 1 / len(table))
    for _ in range(_ITERATIONS):
        once = climbed(weights)
        twice = climbed(once)
        step, bend = once - weights, twice - 2 * once + weights
        length = float(np.linalg.norm(bend))
        if length < 1e-14:
            return twice
        reach = -max(1.0, float(np.linalg.norm(step)) / length)
        far = np.maximum(weights - 2 * reach * step + reach**2 * bend, _TINY)
        far = climbed(far / far.sum())
        weights = far if fit_of(far) >= fit_of(twice) else twice
    return weights
