"""What a linear prediction misses where errors are not normal: spikes, edges, values few in number.

e : (n, d) errors of linear prediction over their deviations s
h : (n, d) nonlinear part of them

    psi(x)   what an error of x says of the next pixel, per what it says if small, by averages
    h_j      s_j (psi(e_j) - e_j)
    u_i is predicted as before, plus sum over j < i of B_ij h_j

psi is flat where errors are spikes, which say nothing of what follows, and steep where values are
few, so that noise is told from an edge. For Gaussian scenes psi(x) = x, and nothing is corrected.
B is the regression of the errors on earlier h: both depend on the lag alone but for what patches
without number would tell of their places.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Singles
from hil.information.densities.predictive.linear import whitener

_REACH = 12.0  # standard deviations, beyond which psi stays as it is
_PER_SD = 4
_BINS = int(2 * _REACH) * _PER_SD + 1
_PRIOR_PIXELS = 20.0
_LEAST_SLOPE = 0.05
_LARGEST = 30.0  # noise widths: what one pixel may correct another by
_LARGEST_ERROR = 8.0
_RIDGE = 0.03  # of the noise's variance
_PLACE_PATCHES = 8.0  # patches to a value, from which places count as much as lags do


@dataclass(frozen=True)
class Correction:
    """See the module.

    Parameters
    ----------
    excess
        (_BINS,) psi(x) - x on a grid.
    regression
        (d, d) B, strictly lower triangular.
    """

    excess: Singles
    regression: Singles

    @classmethod
    def fit(cls, u: Singles, predicted: Singles, sd: Singles, p: int) -> Correction:
        """Fit to some patches.

        Parameters
        ----------
        u, predicted
            (n, d) values, and what linear prediction says of them.
        sd
            (d,) s.
        """
        excess = _excess(u, predicted, sd, p)
        e = (u - predicted) / sd
        h = _features(excess, e, sd).astype(np.float64)
        error = (np.clip(e, -_LARGEST_ERROR, _LARGEST_ERROR) * sd).astype(np.float64)
        n, d = e.shape
        share = min(1.0, _PLACE_PATCHES * d / n)
        own, crossed = h.T @ h / n, error.T @ h / n
        lag = _lags(p, d)
        own = (1 - share) * own + share * _by_lag(own, lag)
        crossed = (1 - share) * crossed + share * _by_lag(crossed, lag)
        w = _ridge_whitener(own)
        return cls(excess, (np.tril(crossed @ w.T, -1) @ w).astype(np.float32))

    def __call__(self, e: Singles, sd: Singles) -> Singles:
        """Return what is to be added to the predictions, (n, d), noise widths."""
        result: Singles = _features(self.excess, e, sd) @ self.regression.T
        return result


def _excess(u: Singles, predicted: Singles, sd: Singles, p: int) -> Singles:
    """psi(x) - x by averages over the pixels to the right of and below those of an error x."""
    here, before, scale = (
        np.broadcast_to(a, u.shape).reshape(-1, p, p) for a in (u, predicted, sd)
    )
    x = (here - before) / scale
    bins = np.rint(np.clip(x, -_REACH, _REACH) * _PER_SD).astype(np.intp) + _BINS // 2
    total, count = np.zeros(_BINS), np.zeros(_BINS)
    right = (np.s_[:, :, 1:], np.s_[:, :, :-1])
    below = (np.s_[:, 1:], np.s_[:, :-1])
    for later, at in (right, below):
        says = (here[later] - before[at]) / scale[at]
        total += np.bincount(bins[at].ravel(), says.ravel(), _BINS)
        count += np.bincount(bins[at].ravel(), minlength=_BINS)
    grid = (np.arange(_BINS) - _BINS // 2) / _PER_SD
    slope = max(float(total @ grid) / max(float(count @ grid**2), 1e-9), 0.0)
    psi = (total + _PRIOR_PIXELS * slope * grid) / (count + _PRIOR_PIXELS)
    return np.asarray(psi / max(slope, _LEAST_SLOPE) - grid, dtype=np.float32)


def _features(excess: Singles, e: Singles, sd: Singles) -> Singles:
    """H of errors (n, d)."""
    far = np.float32(_REACH - 1e-3)
    place = np.clip(e, -far, far)
    beyond = e - place
    place += np.float32(_REACH)
    place *= np.float32(_PER_SD)
    low = place.astype(np.intp)
    place -= low
    h = excess.take(low)
    h += np.diff(excess).take(low) * place
    h -= beyond  # psi stays as it is
    h *= sd
    limit = np.float32(_LARGEST)
    result: Singles = np.clip(h, -limit, limit, out=h)
    return result


@lru_cache(maxsize=4)
def _lags(p: int, d: int) -> NDArray[np.intp]:
    """(d, d) number of the pair of channels and the lag between two values."""
    channels = d // (p * p)
    row, column = np.divmod(np.arange(p * p), p)
    width = 2 * p - 1
    down, across = (at[:, None] - at[None] + p - 1 for at in (row, column))
    lag = down * width + across
    pair = np.arange(channels)[:, None] * channels + np.arange(channels)
    whole = pair[:, None, :, None] * width**2 + lag[None, :, None, :]
    return np.asarray(whole.reshape(d, d), dtype=np.intp)


def _by_lag(matrix: Floats, lag: NDArray[np.intp]) -> Floats:
    """Average over the pairs of each lag."""
    at = lag.ravel()
    result: Floats = (np.bincount(at, matrix.ravel()) / np.maximum(np.bincount(at), 1))[lag]
    return result


def _ridge_whitener(own: Floats) -> Floats:
    """Whiten with a ridge: averages by lag need not be positive, so it grows until it serves."""
    diagonal = np.diag_indices_from(own)
    ridge = _RIDGE
    while True:
        lifted = own.copy()
        lifted[diagonal] += ridge
        try:
            return whitener(lifted)
        except np.linalg.LinAlgError:
            ridge *= 2
