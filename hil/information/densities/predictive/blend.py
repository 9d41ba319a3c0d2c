"""One prediction of several: weighted so that its error is least, class by class.

What several predictors say of a pixel is told better by their weighted mean than by any of them
(blending predictors: Seemann and Tischer, ICIP 1997; Meyer and Tischer's TMW, 1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.information.densities.predictive.cells import Singles

Integers = NDArray[np.intp]

_PRIOR_PIXELS = 200.0
_RIDGE = 1e-3  # noise variances
_SHRINK = 0.01
_FAR = 3.0  # standard deviations from which an error counts by its first power


@dataclass(frozen=True)
class Blend:
    """See the module.

    Parameters
    ----------
    weights
        (C, k) of each further prediction's difference from the first, by class.
    """

    weights: Singles

    @classmethod
    def fit(
        cls, u: Singles, predictions: list[Singles], sd: Singles, kind: Integers, n_kinds: int
    ) -> Blend:
        """Fit by least squares, in which large errors are held down.

        Parameters
        ----------
        u
            (n, d) values.
        predictions
            Of each predictor.
        sd
            Of the error that is expected.
        kind
            (n, d) class.
        """
        first, *others = predictions
        x = np.stack([(one - first).ravel() for one in others], axis=1).astype(np.float64)
        y = (u - first).ravel().astype(np.float64)
        width = np.maximum(np.maximum(np.abs(y) / _FAR, np.broadcast_to(sd, u.shape).ravel()), 1.0)
        x /= width[:, None]
        y /= width
        k = x.shape[1]
        own = np.empty((n_kinds, k, k))
        right = np.empty((n_kinds, k))
        for i in range(k):
            right[:, i] = np.bincount(kind.ravel(), x[:, i] * y, n_kinds)
            for j in range(i + 1):
                own[:, i, j] = own[:, j, i] = np.bincount(kind.ravel(), x[:, i] * x[:, j], n_kinds)
        whole = own.sum(axis=0)
        ridge = _RIDGE * np.eye(k)
        shrunk = whole + _SHRINK * np.diag(np.diagonal(whole)) + ridge
        typical = np.linalg.solve(shrunk, right.sum(axis=0))
        prior = _PRIOR_PIXELS * whole / max(len(y), 1) + ridge
        weights = np.linalg.solve(own + prior, (right + prior @ typical)[..., None])[..., 0]
        return cls(weights.astype(np.float32))

    def __call__(self, predictions: list[Singles], kind: Integers) -> Singles:
        """Blend predictions of pixels of class ``kind``."""
        first, *others = predictions
        result = first.copy()
        for column, one in zip(np.ascontiguousarray(self.weights.T), others, strict=True):
            result += column.take(kind) * (one - first)
        return result
