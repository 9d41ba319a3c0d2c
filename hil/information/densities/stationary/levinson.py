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

from drivers.types import Floats


def whiten_doubly_toeplitz(c: Floats) -> tuple[Floats, Floats]:
    """Inverse Cholesky factors of the covariances with autocovariances ``c``.

    Parameters
    ----------
    c
        (..., 2p-1, 2p-1) autocovariances, zero lag in the middle, c(-a) = c(a). Several cost little
        more than one.

    Returns
    -------
    whitener
        (..., d, d), lower triangular W with W S W^T = I.
    log_det
        (...) ln det S.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where a covariance is not positive definite.
    """
    p = c.shape[-1] // 2 + 1
    stack = c.shape[:-2]
    blocks = _blocks(c)
    whitener = np.zeros((*stack, p, p, p, p))  # block row, row, block column, column
    coefficients = np.zeros((*stack, 0, p, p))  # A_1 .. A_m
    error = blocks[..., 0, :, :]
    log_det = np.zeros(stack)
    for m in range(p):
        factor = np.linalg.cholesky(error)
        log_det += 2 * np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
        inverse = np.linalg.inv(factor)
        whitener[..., m, :, m, :] = np.tril(inverse)
        # block column m - j takes A_j
        predicted = inverse[..., None, :, :] @ coefficients[..., ::-1, :, :]
        whitener[..., m, :, :m, :] = -np.swapaxes(predicted, -3, -2)
        if m + 1 < p:
            coefficients, error = _longer(blocks, coefficients, error)
    return whitener.reshape(*stack, p * p, p * p), log_det


def _longer(blocks: Floats, coefficients: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Predict from one row more: Whittle's step."""
    m, p = coefficients.shape[-3:-1]
    stack = blocks.shape[:-3]
    row = np.swapaxes(coefficients, -3, -2).reshape(*stack, p, m * p)
    column = blocks[..., m:0:-1, :, :].reshape(*stack, m * p, p)
    left_over = blocks[..., m + 1, :, :] - row @ column
    backward_error = error[..., ::-1, ::-1]
    reflection = _transposed(
        np.asarray(np.linalg.solve(backward_error, _transposed(left_over)), np.float64)
    )
    backward = coefficients[..., ::-1, ::-1, ::-1]  # J A_{m+1-j} J for j = 1 .. m
    one = reflection[..., None, :, :]
    longer = np.concatenate([coefficients - one @ backward, one], axis=-3)
    error = error - reflection @ _transposed(left_over)
    return longer, (error + _transposed(error)) / 2


def _transposed(matrices: Floats) -> Floats:
    return np.swapaxes(matrices, -1, -2)


def _blocks(c: Floats) -> Floats:
    """(..., p, p, p) blocks T_0 .. T_{p-1}: T_m[k, l] = c(m, k - l)."""
    p = c.shape[-1] // 2 + 1
    lag = np.arange(p)[:, None] - np.arange(p)[None, :] + p - 1
    result: Floats = c[..., p - 1 :, :][..., lag]
    return result
