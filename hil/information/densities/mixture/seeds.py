"""Where EM for a mixture of scenes starts from.

u   : (n, m) patches in units of the noise, on the m principal axes that rise above it
R   : repeats that u is a mean of: its noise has variance 1 / R
c   : (K, m) centres       w : (K,) weights       r : (n, K) responsibilities

Seeds by k-means++ (Arthur and Vassilvitskii 2007), far too many; EM among Gaussians of the noise's
width; then each pair is merged whose union costs less likelihood than its parameters are worth
(Akaike): too many scenes cost a little that the half-sum of cross-entropies takes away, too few
cost what nothing does, so that pairs get the benefit of the doubt. Axes that hold noise alone would
drown the distances of scenes that lie close. Noise's variances reach from 1 to the edge of
Marchenko and Pastur (1967), and many weak scenes hide below it: half of that way is left out.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

Indices = NDArray[np.intp]

_MOST_SEEDS = 192
_SCENES_PER_SEED = 8
_STEPS = 5
_MERGING_ROUNDS = 12
_LEAST_COUNT = 0.5
_WORTH = 0.75  # nats a parameter; 1 by Akaike, less for the benefit of the doubt
_EDGE = 0.5  # of the way to Marchenko and Pastur's edge


def seed_responsibilities(u: Floats, n_repeats: int, rng: np.random.Generator) -> Floats:
    """(n, K) responsibilities to start from.

    Parameters
    ----------
    u
        (n, d) patches whose noise has variance 1 / n_repeats.
    n_repeats
        R.
    rng
        For the seeds.
    """
    d = u.shape[1]
    u = denoised(u, n_repeats)
    centres = u[_seeds(u, rng)]
    weights = np.full(centres.shape[0], 1 / centres.shape[0])
    for _ in range(_MERGING_ROUNDS):
        for _ in range(_STEPS):
            r, _ = responsibilities(_joint(u, centres, weights, n_repeats))
            centres, weights = _maximised(u, r)
        joint = _joint(u, centres, weights, n_repeats)
        centres, weights, merged = _merged(u, centres, weights, joint, n_repeats, _WORTH * d)
        if not merged:
            break
    r, _ = responsibilities(_joint(u, centres, weights, n_repeats))
    return r


def responsibilities(joint: Floats) -> tuple[Floats, float]:
    """E: normalise (n, K) ln of weight times likelihood; the sum of the norms' logarithms."""
    top = joint.max(axis=1, keepdims=True)
    r = np.exp(joint - top)
    norm = r.sum(axis=1, keepdims=True)
    r /= norm
    return r, float((top + np.log(norm)).sum())


def denoised(u: Floats, n_repeats: int) -> Floats:
    """(n, m) coordinates of u about its mean on the principal axes above the noise, 1 at least."""
    n, d = u.shape
    about = u - u.mean(axis=0)
    values, axes = np.linalg.eigh(about.T @ about / n)
    edge = (1 + _EDGE * math.sqrt(d / n)) ** 2 / n_repeats
    m = max(1, int((values > edge).sum()))
    result: Floats = about @ axes[:, -m:]
    return result


def _seeds(u: Floats, rng: np.random.Generator) -> Indices:
    n = u.shape[0]
    wanted = max(1, min(_MOST_SEEDS, n // _SCENES_PER_SEED))
    squares = (u**2).sum(axis=1)
    chosen = [int(rng.integers(n))]
    nearest = np.full(n, np.inf)
    for _ in range(wanted - 1):
        last = chosen[-1]
        distance = squares + squares[last] - 2 * (u @ u[last])
        nearest = np.minimum(nearest, np.maximum(distance, 0.0))
        nearest[last] = 0.0
        total = np.cumsum(nearest)
        if total[-1] <= 0:
            break
        chosen.append(min(int(np.searchsorted(total, rng.random() * total[-1])), n - 1))
    return np.array(chosen)


def _joint(u: Floats, centres: Floats, weights: Floats, n_repeats: int) -> Floats:
    half = (centres**2).sum(axis=1) / 2
    result: Floats = n_repeats * (u @ centres.T - half) + np.log(weights)
    return result


def _maximised(u: Floats, r: Floats) -> tuple[Floats, Floats]:
    count = r.sum(axis=0)
    kept = count > _LEAST_COUNT
    count = count[kept]
    centres = r[:, kept].T @ u / count[:, None]
    return centres, count / count.sum()


def _merged(
    u: Floats, centres: Floats, weights: Floats, joint: Floats, n_repeats: int, worth: float
) -> tuple[Floats, Floats, bool]:
    """Merge disjoint pairs whose union loses less than ``worth`` nats of likelihood in all."""
    k = weights.size
    squares = (centres**2).sum(axis=1)
    apart = squares[:, None] + squares - 2 * (centres @ centres.T)
    np.fill_diagonal(apart, np.inf)
    norm = np.logaddexp.reduce(joint, axis=1)
    gone = np.zeros(k, dtype=bool)
    touched = np.zeros(k, dtype=bool)
    # nearest pairs first; a pair is tried once a round
    partner = apart.argmin(axis=1) if k > 1 else np.zeros(0, dtype=np.intp)
    for i in np.argsort(apart.min(axis=1)) if k > 1 else ():
        j = int(partner[i])
        if touched[i] or touched[j]:
            continue
        total = weights[i] + weights[j]
        centre = (weights[i] * centres[i] + weights[j] * centres[j]) / total
        union = n_repeats * (u @ centre - centre @ centre / 2) + math.log(total)
        two = np.logaddexp(joint[:, i], joint[:, j])
        # change of each patch's ln q when the union stands in for the two
        rest = np.maximum(1 - np.exp(two - norm), 0.0)
        change = np.log(np.maximum(rest + np.exp(np.minimum(union - norm, 600.0)), 1e-300))
        if -float(change.sum()) < worth:
            centres[i], weights[i] = centre, total
            gone[j] = True
            touched[[i, j]] = True
    return centres[~gone], weights[~gone], bool(gone.any())
