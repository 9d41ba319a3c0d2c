"""Is the last code that pixels show a clip? A likelihood ratio, whatever the scene.

M     : the highest code seen; n_y pixels read y, none reads more than M
w     : any distribution of light; P(y | lambda) is the noise's own
L_0   : max_w prod_y (sum w P(y | lambda))^n_y without a clip: light that brings n_M pixels to M
        must bring some beyond it
L_1   : the same where the camera clips at M

ln L_1 - ln L_0 is the evidence for a clip, in nats. Both maxima are nonparametric maximum
likelihoods, so no shape of scene passes for a clip: a bright background is as wide
as its noise, and a clip is one code wide. Only codes within twelve standard deviations of M take
part; what lies below is one group.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from drivers.types import Floats
from hil.noise.entropy.histogram import AduCounts

_FEWEST = 12  # pixels at the last code
_SURE_NATS = 12.0
_REACH = 12.0  # standard deviations of the noise
_PER_SIGMA = 8  # groups of codes
_LIGHT_STEP = 0.25  # standard deviations
_LEAST_SIGMA = 0.3  # codes: noise that is less makes piles by itself
_TINY = 1e-300
_EM_STEPS, _ROUNDS = 20, 40

Below = Callable[[Floats, Floats], Floats]


def clips_at_last(counts: AduCounts, sigma: float, below: Below) -> bool:
    """Whether pixels at the highest code of ``counts`` were cut off there.

    Parameters
    ----------
    counts
        Histogram of all pixels.
    sigma
        Standard deviation of the noise at that code, ADU.
    below
        P(Y < edge | mean), (n_lambda, n_edges), of the noise without any clip; ADU.
    """
    return _clips(counts.adu.astype(np.float64), counts.counts, sigma, below)


def clips_at_first(counts: AduCounts, sigma: float, below: Below) -> bool:
    """Whether pixels at the lowest code of ``counts`` were cut off there; see `clips_at_last`."""

    def mirrored(mean: Floats, edges: Floats) -> Floats:
        return 1.0 - below(-mean, -edges)

    return _clips(-counts.adu[::-1].astype(np.float64), counts.counts[::-1], sigma, mirrored)


def _clips(adu: Floats, counts: Floats, sigma: float, below: Below) -> bool:
    last = adu[-1]
    n_last = counts[-1]
    if n_last < _FEWEST or sigma < _LEAST_SIGMA:
        return False
    near = adu > last - _REACH * sigma
    if n_last < 0.02 * counts[near].max():
        return False  # the tail of something
    width = max(1, int(sigma / _PER_SIGMA))
    first = max(last - _REACH * sigma, adu[0] - 1)
    inner = np.unique(np.concatenate([np.arange(last - 0.5, first, -width), [first - 0.5]]))
    group = np.searchsorted(inner, adu[:-1])
    size = inner.size + 2  # below, inner groups, the last code, beyond
    found = np.bincount(group, counts[:-1], size).astype(np.float64)
    found[inner.size] = n_last
    mean = np.arange(first - 2 * sigma, last + 6 * sigma, _LIGHT_STEP * sigma)
    open_cdf = below(mean, np.concatenate([inner, [last + 0.5]]))
    column = np.ones((mean.size, 1))
    free = np.maximum(np.diff(np.concatenate([0 * column, open_cdf, column], axis=1), axis=1), 0.0)
    clipped = free.copy()
    clipped[:, -2] += clipped[:, -1]
    clipped[:, -1] = 0.0
    return _far_better(clipped + _TINY, free + _TINY, found)


def _far_better(one: Floats, other: Floats, counts: Floats) -> bool:
    """Whether the likelihood under ``one``, at its best w, is far above that under ``other``.

    EM goes up, and the largest derivative says how far the maximum can still be (Lindsay, Ann.
    Statist. 1983): it runs until both bounds agree.
    """
    fits = [_Fit(one, counts), _Fit(other, counts)]
    for _ in range(_ROUNDS):
        for fit in fits:
            fit.go_on()
        if fits[0].low - fits[1].high > _SURE_NATS:
            return True
        if fits[0].high - fits[1].low < _SURE_NATS:
            return False
    return fits[0].low - fits[1].low > _SURE_NATS


class _Fit:
    """A mixing distribution on its way to the maximum; ``low`` and ``high`` hold the maximum."""

    def __init__(self, table: Floats, counts: Floats) -> None:
        seen = counts > 0
        self._table = np.ascontiguousarray(table[:, seen])
        self._counts = counts[seen]
        self._n = float(self._counts.sum())
        self._w = np.full(len(table), 1 / len(table))
        self.low, self.high = -math.inf, math.inf

    def go_on(self) -> None:
        for _ in range(_EM_STEPS):
            f = self._w @ self._table
            slope = self._table @ (self._counts / f) / self._n
            self._w = self._w * slope
        f = self._w @ self._table
        slope = self._table @ (self._counts / f) / self._n
        self.low = float(self._counts @ np.log(f))
        self.high = self.low + self._n * math.log(max(float(slope.max()), 1.0))
