"""What tells textures apart wherever structures lie: spectrum and histogram of a field."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

_LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)


def texture(codes: NDArray[Any]) -> Floats:
    """(n, k) of fields (n, side, side): log power by frequency, and quantiles, ADU."""
    values = codes.astype(np.float64)
    about = values - values.mean(axis=(1, 2), keepdims=True)
    power = np.abs(np.fft.rfft2(about)) ** 2
    side = values.shape[1]
    fy, fx = np.fft.fftfreq(side) * side, np.fft.rfftfreq(side) * side
    ring = np.rint(np.hypot(fy[:, None], fx)).astype(int)
    rings = [power[:, ring == r].mean(axis=1) for r in range(1, side // 2 + 1)]
    levels: Floats = np.quantile(values.reshape(len(values), -1), _LEVELS, axis=1)
    found: Floats = np.concatenate([np.log(np.stack(rings) + 1e-3), levels]).T.astype(np.float64)
    return found
