"""A Gaussian whose covariance depends on the lag alone, and what it says of many patches at once.

c : (2p-1, 2p-1) autocovariance, zero lag in the middle      S : (d, d) its covariance, Q = S^-1
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.stationary.centrosymmetric import Halves, constant, split
from hil.information.densities.stationary.patch_moments import PatchMoments

_INVERTED_AT_ONCE = 64  # rows: dtrtri is as fast as a product up to here, and half as fast beyond


@dataclass(frozen=True)
class StationaryModel:
    """The distribution of patches about their mean; what evaluates it is computed once, on use.

    Parameters
    ----------
    c
        Of the module, ADU^2.
    """

    c: Floats

    @cached_property
    def precision(self) -> Halves:
        """Q; LinAlgError where S is not positive definite."""
        even, odd = self._factored[0]
        return Halves(_squared(even), _squared(odd))

    @property
    def log_det(self) -> float:
        """Logarithm of det S; LinAlgError where S is not positive definite."""
        return self._factored[1]

    @cached_property
    def _factored(self) -> tuple[tuple[Floats, Floats], float]:
        """Inverse Cholesky factors of both halves, and ln det S."""
        covariance = Halves.of_lags(self.c)
        even, even_log_det = whitener_and_log_det(covariance.even)
        odd, odd_log_det = whitener_and_log_det(covariance.odd)
        return (even, odd), even_log_det + odd_log_det

    def nats_per_pixel(self, mean: float, patches: Floats) -> Floats:
        """-log q of patches (d, n), columns, divided by d.

        Read at integers it is a discrete entropy: see `GaussianModel.nats_per_pixel`.

        Parameters
        ----------
        mean
            Of the model, less the value that the patches are about.
        """
        d = patches.shape[0]
        distance = np.zeros(patches.shape[1])
        for whitener, half in zip(self._factored[0], split(patches - mean), strict=True):
            whitened = whitener @ half
            distance += np.einsum("dn,dn->n", whitened, whitened)
        nats: Floats = 0.5 * (math.log(2 * math.pi) + (self.log_det + distance) / d)
        return nats

    def cross_entropies_nats(self, mean: float, parts: list[PatchMoments]) -> Floats:
        """Mean of -log q over the patches of each part, nats per pixel.

        Parameters
        ----------
        mean
            Of the model, less the value that the moments are about.
        parts
            Moments of some patches each.
        """
        d = self.precision.patch_size**2
        ones = constant(d)
        pulled = 2 * mean * (self.precision.even @ ones)
        offset = mean / 2 * float(pulled @ ones)
        distance = np.array(
            [
                (self.precision.dot(part.second) - float(pulled @ part.first)) / part.n
                for part in parts
            ]
        )
        nats: Floats = 0.5 * (math.log(2 * math.pi) + (self.log_det + distance + offset) / d)
        return nats


def is_positive(c: Floats) -> bool:
    """Whether the covariance with autocovariance ``c`` is positive definite."""
    from scipy.linalg.lapack import dpotrf

    covariance = Halves.of_lags(c)
    return all(
        dpotrf(block.T, lower=1, clean=0)[1] == 0 for block in (covariance.even, covariance.odd)
    )


def whitener_and_log_det(block: Floats) -> tuple[Floats, float]:
    """Inverse Cholesky factor, and ln det, of a symmetric matrix.

    By scipy's LAPACK: numpy's starts threads for matrices so small, which cost more than they save.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where it is not positive definite.
    """
    from scipy.linalg.lapack import dpotrf

    factor, failed = dpotrf(block.T, lower=1, clean=0)
    if failed:
        raise np.linalg.LinAlgError("the covariance is not positive definite")
    return _inverse_of_lower(factor), 2 * float(np.log(np.diagonal(factor)).sum())


def _squared(whitener: Floats) -> Floats:
    """W^T W of a lower triangular W: a third of the work of a product of matrices."""
    from scipy.linalg.lapack import dlauum

    half, _ = dlauum(whitener, lower=1)
    result: Floats = half.T.take(_mirrored(len(half)))
    return result


def _inverse_of_lower(factor: Floats) -> Floats:
    """Invert a lower triangular matrix: large ones by their quarters, at the rate of products.

    What stands above the diagonal is not looked at. The inverse lies column by column, as LAPACK
    takes it without a copy.
    """
    from scipy.linalg.lapack import dtrtri

    n = factor.shape[0]
    if n <= _INVERTED_AT_ONCE:
        inverse: Floats = dtrtri(factor, lower=1)[0]
        inverse *= _lower(n)
        return inverse
    h = n // 2
    inverse = np.zeros((n, n), order="F")
    inverse[:h, :h] = top = _inverse_of_lower(factor[:h, :h])
    inverse[h:, h:] = bottom = _inverse_of_lower(factor[h:, h:])
    np.matmul(bottom @ factor[h:, :h], -top, out=inverse[h:, :h])
    return inverse


@cache
def _mirrored(n: int) -> NDArray[np.intp]:
    """(n, n) places in a raveled matrix whose numbers below the diagonal are those above it."""
    place = np.arange(n * n).reshape(n, n)
    return np.triu(place) + np.triu(place, 1).T


@cache
def _lower(n: int) -> Floats:
    """(n, n) 1 on and below the diagonal, column by column."""
    return np.asfortranarray(np.tril(np.ones((n, n))))
