"""The covariance of a patch from its autocovariance."""

from __future__ import annotations

import numpy as np

from drivers.types import Floats


def doubly_toeplitz(c: Floats) -> Floats:
    """(d, d) covariance of a patch from the (2p-1, 2p-1) autocovariance."""
    p = c.shape[0] // 2 + 1
    apart = np.arange(p)[:, None] - np.arange(p)[None, :] + p - 1
    result: Floats = c[apart[:, None, :, None], apart[None, :, None, :]].reshape(p * p, p * p)
    return result
