"""The distribution of one pixel, from the histogram of all of them.

y : code of a pixel: ADU less the lowest, or real values in steps of 1/16 of the noise
c : (L,) counts of the codes         q : (L,) their fitted probabilities
v : (L,) variance of the noise at a code, in codes squared
b : how far counts are smoothed, in standard deviations of the noise

A raw histogram of thousands of codes is too rough a distribution for few frames. Noise has blurred
it by sqrt(v) already, so it is smoothed by a part of that: counts diffuse for a time b^2 / 2 with
the diffusivity v (Botev, Grotowski and Kroese, Annals of Statistics 2010), solved implicitly, so
that q stays positive and sums to 1. The lowest and the highest code may be atoms, clipped pixels,
and exchange nothing with the rest. b is the one of `BANDWIDTHS` under which folds of fields predict
each other best; no smoothing at all is among them, for combs and coarse counts.

Where the camera resolves single electrons the distribution is smooth but for a comb r that is known
(`electron_comb`). Then counts diffuse towards r rather than towards 1: with m = n / r, r m changes
by what flows along differences of m.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.sample.sample import Sample

BANDWIDTHS = (0.0, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0, 4.0)
_MOST_CODES = 2**17
_CODES_PER_SIGMA = 16  # a step of sigma / 16 adds 1 / 6144 to the entropy's nats, at most
_STANDS_OUT = 5.0  # standard deviations of the difference of two counts
_LEAST_TOOTH = 1e-3  # between two electrons
_STEPS = 2  # implicit steps in time: 1 gives a Laplace kernel, many a Gaussian one


@dataclass(frozen=True, slots=True)
class MarginalCoding:
    """Pixels as integers from 0 to n_codes - 1.

    Parameters
    ----------
    lowest_adu
        ADU of code 0.
    step_adu
        ADU from one code to the next. A density is constant within a step.
    n_codes
        L.
    """

    lowest_adu: float
    step_adu: float
    n_codes: int

    @classmethod
    def of(cls, sample: Sample) -> MarginalCoding:
        """Choose the codes of all frames of ``sample``."""
        low, high = float(sample.frames.min()), float(sample.frames.max())
        coarsest = (high - low) / (_MOST_CODES - 1)
        if sample.discrete:
            step = float(max(1, math.ceil(coarsest)))
        else:
            step = max(math.sqrt(sample.noise_variance_adu2) / _CODES_PER_SIGMA, coarsest)
        return cls(low, step, round((high - low) / step) + 1)

    @property
    def log_step_nats(self) -> float:
        """What the entropy of a pixel has beyond that of its code."""
        return math.log(self.step_adu)

    def encode(self, frames: NDArray[Any]) -> NDArray[np.int32]:
        """Code of each pixel, same shape."""
        if self.step_adu == 1 and frames.dtype.kind in "ui":
            # unsigned numbers must not be subtracted as such, nor signed ones overflow
            whole = np.subtract(frames, int(self.lowest_adu), dtype=np.int64)
            return np.asarray(whole, dtype=np.int32)
        relative = np.subtract(frames, self.lowest_adu, dtype=np.float64)
        relative /= self.step_adu
        return np.asarray(np.rint(relative, out=relative), dtype=np.int32)

    def adu(self) -> Floats:
        """(L,) ADU of each code."""
        return self.lowest_adu + self.step_adu * np.arange(self.n_codes, dtype=np.float64)


def noise_variance(sample: Sample, coding: MarginalCoding) -> Floats:
    """Give v: (L,) variance of the noise at each code, codes squared."""
    adu = coding.adu()
    if sample.noise is None:
        return np.full(adu.size, sample.noise_variance_adu2 / coding.step_adu**2)
    # linear in the signal from the darkest pixel on, so that a few points say all
    at = np.linspace(adu[0], adu[-1], 33)
    variance = [sample.noise.mean_variance_adu2(float(y), sample.discrete) for y in at]
    return np.asarray(np.interp(adu, at, variance) / coding.step_adu**2, dtype=np.float64)


def electron_combs(sample: Sample, coding: MarginalCoding) -> list[Floats | None]:
    """Give the (L,) r that counts are tried with: None for 1, and what electrons make of it."""
    comb = getattr(sample.noise, "comb", None)
    if comb is None or coding.step_adu != 1:
        return [None]
    teeth = comb(coding.adu())
    return [None] if teeth is None else [None, np.maximum(teeth, _LEAST_TOOTH)]


def clipped(counts: Floats) -> bool:
    """Whether the first or the last of (L,) counts stands out from the next one as an atom does."""
    if counts.size < 3:
        return False
    ends, next_ones = counts[[0, -1]], counts[[1, -2]]
    return bool((ends - next_ones > _STANDS_OUT * np.sqrt(ends + next_ones + 1)).any())


def fit_marginals(
    counts: Floats, variance: Floats, combs: Sequence[Floats | None] = (None,)
) -> tuple[Floats, Floats, list[float]]:
    """Fit q to all counts, and to all but each fold's.

    Parameters
    ----------
    counts
        (K, L) counts of each of K folds.
    variance
        (L,) v.
    combs
        From `electron_combs`.

    Returns
    -------
    everything
        (L,) q of all folds.
    others
        (K, L) q of all folds but one. The bandwidth, too, was chosen without that one's help.
    bandwidths
        Those chosen: that of ``everything``, then those of ``others``.
    """
    total = counts.sum(axis=0)
    sets = np.concatenate([total[None], total - counts])
    tried = [(b, comb) for comb in combs for b in BANDWIDTHS]
    fits = np.array([_fitted(sets, variance, b, comb) for b, comb in tried])
    # (bandwidths, K) how badly the others predict a fold
    misfit = -np.einsum("kl,bkl->bk", counts, np.log(fits[:, 1:]))
    sums = misfit.sum(axis=1)
    best = [int(sums.argmin())]
    best += [int((sums - misfit[:, k]).argmin()) for k in range(counts.shape[0])]
    chosen = fits[best, np.arange(len(best))]
    return chosen[0], chosen[1:], [tried[i][0] for i in best]


def _fitted(counts: Floats, variance: Floats, b: float, comb: Floats | None) -> Floats:
    """Smooth counts (sets, L); one pixel's worth is spread wide, over codes never seen."""
    n = np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    wide = _diffused(counts, variance, BANDWIDTHS[-1], comb) / n
    near = _diffused(counts, variance, b, comb)
    result: Floats = (near + wide / 2 + 0.5 / counts.shape[1]) / (n + 1)
    return result


def _diffused(counts: Floats, variance: Floats, b: float, comb: Floats | None) -> Floats:
    from scipy.linalg import solveh_banded

    if b == 0 or counts.shape[1] < 4:
        return counts
    # what flows from a code to the next; the ends are walls
    flow = b**2 / (2 * _STEPS) * (variance[:-1] + variance[1:]) / 2
    flow[[0, -1]] = 0.0
    tooth = np.ones_like(variance) if comb is None else comb
    flow *= np.sqrt(tooth[:-1] * tooth[1:])
    bands = np.zeros((2, variance.size))
    bands[0, 1:] = -flow
    bands[1] = tooth
    bands[1, :-1] += flow
    bands[1, 1:] += flow
    result = counts.T
    for _ in range(_STEPS):
        result = tooth[:, None] * solveh_banded(bands, result, check_finite=False)
    return np.asarray(np.maximum(result.T, 0.0), dtype=np.float64)
