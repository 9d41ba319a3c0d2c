"""Whitening by a doubly Toeplitz covariance without a factorisation of the whole.

S   : (d, d) covariance of a p x p patch, T_m the (p, p) blocks of its first block column
A_j : (p, p) coefficients that predict a row of pixels from the j-th row above
P   : (p, p) covariance of that prediction's error

The multichannel Levinson recursion (Whittle, Biometrika 1963; Wiggins and Robinson, J. Geophys.
Res. 1965) builds the predictors row by row: O(p^5) where Cholesky takes O(p^6), in matrices so
small that BLAS starts no threads (a threaded Cholesky of 256 x 256 took 40 ms on a busy machine of
two cores, this 1 to 3). A real doubly Toeplitz matrix is the same read backwards, J T J = T^T, so
the backward predictors are J A J and one recursion does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def whiten_doubly_toeplitz(c: Floats) -> tuple[Floats, float]:
    """Inverse Cholesky factor of the covariance with autocovariance ``c``.

    Parameters
    ----------
    c
        (2p-1, 2p-1) autocovariance, zero lag in the middle, c(-a) = c(a).

    Returns
    -------
    whitener
        (d, d), lower triangular W with W S W^T = I.
    log_det
        ln det S.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where the covariance is not positive definite.
    """
    p = c.shape[0] // 2 + 1
    blocks = _blocks(c)
    whitener = np.zeros((p, p, p, p))  # block row, row, block column, column
    coefficients = np.zeros((0, p, p))  # A_1 .. A_m
    error = blocks[0]
    log_det = 0.0
    for m in range(p):
        factor = np.linalg.cholesky(error)
        log_det += 2 * float(np.log(np.diag(factor)).sum())
        inverse = np.linalg.inv(factor)
        whitener[m, :, m] = np.tril(inverse)
        # block column m - j takes A_j
        whitener[m, :, :m] = -(inverse @ coefficients[::-1]).transpose(1, 0, 2)
        if m + 1 < p:
            coefficients, error = _longer(blocks, coefficients, error)
    return whitener.reshape(p * p, p * p), log_det


def is_positive(c: Floats) -> bool:
    """Whether the doubly Toeplitz covariance of ``c`` is positive definite."""
    p = c.shape[0] // 2 + 1
    blocks = _blocks(c)
    coefficients = np.zeros((0, p, p))
    error = blocks[0]
    try:
        for _ in range(p - 1):
            np.linalg.cholesky(error)
            coefficients, error = _longer(blocks, coefficients, error)
        np.linalg.cholesky(error)
    except np.linalg.LinAlgError:
        return False
    return True


def _longer(blocks: Floats, coefficients: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Predict from one row more: Whittle's step."""
    m, p = coefficients.shape[:2]
    row = coefficients.transpose(1, 0, 2).reshape(p, m * p)
    column = blocks[m:0:-1].reshape(m * p, p)
    left_over = blocks[m + 1] - row @ column
    backward_error = error[::-1, ::-1]
    reflection = np.linalg.solve(backward_error, left_over.T).T
    backward = coefficients[::-1, ::-1, ::-1]  # J A_{m+1-j} J for j = 1 .. m
    longer = np.concatenate([coefficients - reflection @ backward, reflection[None]])
    error = error - reflection @ left_over.T
    return longer, (error + error.T) / 2


def _blocks(c: Floats) -> Floats:
    """(p, p, p) blocks T_0 .. T_{p-1}: T_m[k, l] = c(m, k - l)."""
    p = c.shape[0] // 2 + 1
    lag = np.arange(p)[:, None] - np.arange(p)[None, :] + p - 1
    result: Floats = c[p - 1 :, lag]
    return result
