"""Mean of phi over many pixels, by their histogram where ADU are few."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.noise_model import Floats, NoiseModel

_CHUNK = 2**16  # pixels: np.bincount widens its argument, which so stays in the cache
_WORTH_COUNTING = 2**16


class PhiMean:
    """Keeps phi of all 8 and 16 bit ADU for one noise model.

    Parameters
    ----------
    noise
        The noise model.
    """

    def __init__(self, noise: NoiseModel) -> None:
        self._noise = noise
        self._tables: dict[int, Floats] = {}

    def __call__(self, pixels: NDArray[Any], discrete: bool) -> float:
        """Average phi over ``pixels`` of any shape, nats."""
        dtype = pixels.dtype
        if dtype.kind != "u" or dtype.itemsize > 2 or pixels.size < _WORTH_COUNTING:
            return float(self._noise.entropy_phi_nats(pixels, discrete).mean())
        table = self._table(dtype)
        flat = pixels.reshape(-1)
        counts = np.zeros(table.size, dtype=np.int64)
        for first in range(0, flat.size, _CHUNK):
            counts += np.bincount(flat[first : first + _CHUNK], minlength=table.size)
        return float(counts @ table) / flat.size

    def _table(self, dtype: np.dtype[Any]) -> Floats:
        if dtype.itemsize not in self._tables:
            every = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
            self._tables[dtype.itemsize] = self._noise.entropy_phi_nats(every, True)
        return self._tables[dtype.itemsize]
