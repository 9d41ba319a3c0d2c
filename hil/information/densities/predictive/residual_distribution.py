"""The distribution of a prediction's error, class by class: normals of many widths.

e : error of a prediction over its standard deviation
C : classes of what is around a pixel            A : normal distributions of 34 widths and 3 places
w : (C, A) weights, by EM from a histogram of e       D : width of a code's cell, in e, by class

Local variances differ over a scene by orders of magnitude, and errors are normal given them
(Portilla et al., IEEE Trans. Image Processing 2003). The distribution function of the mixture is
tabulated on bins that grow with |e|, and is straight in between: a distribution function like any
other, so that cells of codes have probabilities that sum to 1, whatever their width. Errors are
those of the middles of cells: what is fitted to them has the rounding in it, and integrals over
cells would count it twice. So normals are made narrower by it, by a variance of D^2 / 12 (Sheppard,
Proc. London Math. Soc. 1898). A bin is found from the bits of a floating-point number, whose
exponent and first digits are 1 + 2 |e| on a logarithmic scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.mixing import mixture_weights

Singles = NDArray[np.float32]
Integers = NDArray[np.intp]

_PER_OCTAVE = 16
_OCTAVES = 14
_BINS = _PER_OCTAVE * _OCTAVES  # on either side of 0
_SHIFT = 23 - 4  # bits of a mantissa below those that tell 16 bins
_ONE = int(np.float32(1).view(np.int32))
_FARTHEST = (2.0**_OCTAVES - 1) / 2
N_BINS = 2 * _BINS
_WIDTHS = 0.3 * 1.3 ** np.arange(34)
_PLACES = (-1.0, 0.0, 1.0)  # in widths
_WHOLE_STEPS, _FURTHER_STEPS, _CLASS_STEPS = 40, 20, 8
_LEAST_ROUNDING, _LEVEL, _MOST_LEVELS = 1e-3, 1.1, 72  # variances, up to 1
_NARROWEST = 0.4  # of what a normal was
_PRIOR_PIXELS = 20.0  # of the distribution of all classes, in each of them


class ErrorCounts:
    """Errors as they are counted, class by class, for a `ResidualLaw`.

    Parameters
    ----------
    n_classes
        C.
    """

    def __init__(self, n_classes: int) -> None:
        self._counts = np.zeros(n_classes * N_BINS)
        self._rounding = np.zeros(n_classes)

    def add(self, kind: Integers, e: Singles, rounding: Singles) -> None:
        """Count errors ``e`` of pixels of class ``kind``, and their D^2 / 12, all of one shape."""
        at = kind * N_BINS + error_bins(e)
        self._counts += np.bincount(at.ravel(), minlength=self._counts.size)
        self._rounding += np.bincount(kind.ravel(), rounding.ravel(), self._rounding.size)

    def fit(self, begun: ResidualLaw | None) -> ResidualLaw:
        """Fit to all of them, going on from a fit to part of them where there is one."""
        counts = self._counts.reshape(-1, N_BINS)
        return ResidualLaw.fit(counts, self._rounding / np.maximum(counts.sum(axis=1), 1), begun)


@dataclass(frozen=True)
class ResidualLaw:
    """See the module.

    Parameters
    ----------
    start, slope
        (C N_BINS,) of the straight pieces: F(e) = start + slope e.
    whole
        (A,) weights of all classes together.
    """

    start: Floats
    slope: Floats
    whole: Floats

    @classmethod
    def fit(cls, counts: Floats, rounding: Floats, begun: ResidualLaw | None = None) -> ResidualLaw:
        """Fit to histograms (C, N_BINS), going on from a fit to part of them where there is one.

        Parameters
        ----------
        rounding
            (C,) D^2 / 12.
        """
        nodes, below = _atoms(0)
        distributions = np.diff(below, axis=1)
        even = np.full(len(distributions), 1 / len(distributions))
        start, steps = (even, _WHOLE_STEPS) if begun is None else (begun.whole, _FURTHER_STEPS)
        whole = mixture_weights(counts.sum(axis=0)[None], distributions, start, 1.0, steps)[0]
        weights = mixture_weights(counts, distributions, whole, _PRIOR_PIXELS, _CLASS_STEPS)
        level = _level(rounding)
        table = np.empty((len(weights), nodes.size))
        for one in np.unique(level):
            table[level == one] = weights[level == one] @ _atoms(int(one))[1]
        slope = np.diff(table, axis=1) / np.diff(nodes)
        return cls((table[:, :-1] - slope * nodes[:-1]).ravel(), slope.ravel(), whole)

    def probability(self, kind: Integers, low: Singles, high: Singles) -> Floats:
        """P(low < e <= high) of each pixel, of class ``kind``, all of one shape."""
        first = kind * N_BINS
        below = self._below(first, low)
        result: Floats = self._below(first, high)
        result -= below
        return result

    def _below(self, first: Integers, e: Singles) -> Floats:
        e = np.clip(e, np.float32(-_FARTHEST), np.float32(_FARTHEST))
        at = error_bins(e)
        at += first
        result: Floats = self.slope.take(at)
        result *= e
        result += self.start.take(at)
        return result


def error_bins(e: Singles) -> Integers:
    """Bin of each error, 0 .. N_BINS - 1."""
    scaled = np.abs(e)
    scaled *= np.float32(2)
    scaled += np.float32(1)
    bits = scaled.view(np.int32)
    bits -= np.int32(_ONE)
    bits >>= _SHIFT
    np.minimum(bits, np.int32(_BINS - 1), out=bits)
    # below 0, bins count the other way round: -1 - k is the complement of k
    bits ^= -(e < 0).astype(np.int32)
    bits += np.int32(_BINS)
    return bits.astype(np.intp)


def _level(rounding: Floats) -> Integers:
    """Give the number of a variance on a scale fine enough; 0 for what makes no difference."""
    at = np.log(np.maximum(rounding, _LEAST_ROUNDING) / _LEAST_ROUNDING) / math.log(_LEVEL)
    return np.rint(np.minimum(at, _MOST_LEVELS)).astype(np.intp)


@cache
def _atoms(level: int) -> tuple[Floats, Floats]:
    """Edges of the bins (N_BINS + 1,), and there each normal's distribution function, narrowed."""
    from scipy.special import ndtr

    bits = (_ONE + (np.arange(_BINS + 1, dtype=np.int64) << _SHIFT)).astype(np.int32)
    side = (bits.view(np.float32).astype(np.float64) - 1) / 2
    nodes = np.concatenate([-side[::-1], side[1:]])
    width = np.repeat(_WIDTHS, len(_PLACES))
    place = np.tile(_PLACES, len(_WIDTHS)) * width
    rounding = _LEAST_ROUNDING * _LEVEL**level if level else 0.0
    width = np.sqrt(np.maximum(width**2 - rounding, (_NARROWEST * width) ** 2))
    below = ndtr((nodes - place[:, None]) / width[:, None])
    below[:, 0], below[:, -1] = 0.0, 1.0
    return nodes, below
