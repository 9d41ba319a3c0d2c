"""What a map of two levels costs: each pixel given the earlier ones near it, counted.

A window is coded row by row. Of the neighbours of a pixel those that its window has are known; how
often a level followed them is what was counted for all maps, summed over what is not known. Longer
contexts are mixed with shorter ones, which are seen more often (Rissanen, IEEE Trans. Inform.
Theory 1983; JBIG codes pictures of two levels alike). Of several maps of one scene each is told
given the pixel of the one before it, as another table: levels of steps lie on each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Singles

Integers = NDArray[np.intp]

# rows, columns to a neighbour, the nearest first
_AROUND = (
    (0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0),
    (-1, -2), (-1, 2), (-2, -1), (-2, 1), (0, -3), (-3, 0),
)  # fmt: skip
_FAR = 3
_SHORT = 0b111  # level of a pixel and of two neighbours, of `contexts`
_CONTEXTS = 2 ** len(_AROUND)
_BACK = 2  # neighbours by which contexts grow
_PRIOR_PIXELS = 2.0  # of the shorter context, in a longer one


def contexts(b: Singles, before: Singles | None = None) -> Integers:
    """2 * context + level of each pixel of maps (n, H, W); beyond a border all is as on it.

    Where there is a map before them, its level is the highest bit.
    """
    height, width = b.shape[1:]
    level = b.astype(np.intp)
    wide = np.pad(level, ((0, 0), (_FAR, _FAR), (_FAR, _FAR)), mode="edge")
    result = level.copy()
    for k, (down, across) in enumerate(_AROUND):
        rows = slice(_FAR + down, _FAR + down + height)
        columns = slice(_FAR + across, _FAR + across + width)
        result |= wide[:, rows, columns] << (k + 1)
    if before is not None:
        result += (2 * _CONTEXTS) * before.astype(np.intp)
    return result


def contexts_of(planes: list[Singles]) -> list[Integers]:
    """`contexts` of planes (n, H, W), each given the one before it."""
    before = [None, *planes[:-1]]
    return [contexts(b, other) for b, other in zip(planes, before, strict=True)]


def short_nats(b: Singles, before: Singles | None = None) -> float:
    """Give what a pixel of maps costs, given two neighbours, and a map before them."""
    short = contexts(b) & _SHORT
    if before is not None:
        short += (_SHORT + 1) * before.astype(np.intp)
    n = (_SHORT + 1) * (1 if before is None else 2)
    counts = np.bincount(short.ravel(), minlength=n).reshape(-1, 2) + 0.5
    share = counts / counts.sum(axis=1, keepdims=True)
    return float(-(counts * np.log(share)).sum() / counts.sum())


@dataclass(frozen=True)
class MapCode:
    """See the module.

    Parameters
    ----------
    nats
        (masks, tables, 2 contexts), flat: -ln of the probability of a level.
    tables
        1, or 2 where there is a map before it.
    """

    nats: Floats
    tables: int = 1

    @classmethod
    def fit(cls, counted: Integers, side: int, tables: int = 1) -> MapCode:
        """Fit to `contexts` of maps, for windows of ``side`` pixels."""
        every = np.bincount(counted.ravel(), minlength=2 * _CONTEXTS * tables).astype(np.float64)
        by_table = [cls._fitted(counts, side) for counts in every.reshape(tables, -1)]
        return cls(np.stack(by_table, axis=1).ravel(), tables)

    @staticmethod
    def _fitted(counts: Floats, side: int) -> Floats:
        """(masks, 2 contexts)."""
        context = np.arange(_CONTEXTS)
        tables = []
        for mask in _masks(side)[0]:
            q = np.full((_CONTEXTS, 2), 0.5)
            for known in range(0, len(_AROUND) + 1, _BACK):
                seen = context & (int(mask) & ((1 << known) - 1))
                own = np.stack(
                    [np.bincount(seen, counts[k::2], _CONTEXTS)[seen] for k in (0, 1)], axis=1
                )
                q = (own + _PRIOR_PIXELS * q) / (own.sum(axis=1, keepdims=True) + _PRIOR_PIXELS)
            tables.append(-np.log(q).ravel())
        return np.stack(tables)

    def cost_nats(self, windows: Integers) -> Floats:
        """-ln of the probability of windows (N, side, side) of `contexts`, (N,)."""
        masks, number = _masks(windows.shape[-1])
        every = 2 * _CONTEXTS  # bits that are more than that stay
        at = windows & (2 * masks[number] + 1 + every)
        at += number * (every * self.tables)
        return np.asarray(self.nats.take(at).sum(axis=(1, 2)), dtype=np.float64)


@lru_cache(maxsize=8)
def _masks(side: int) -> tuple[Integers, Integers]:
    """Different sets of known neighbours, as bits, and the set of each place (side, side)."""
    every = np.zeros((side, side), dtype=np.intp)
    row, column = np.mgrid[:side, :side]
    for k, (down, across) in enumerate(_AROUND):
        known = (row + down >= 0) & (column + across >= 0) & (column + across < side)
        every |= known.astype(np.intp) << k
    masks, number = np.unique(every, return_inverse=True)
    return masks.astype(np.intp), number.reshape(side, side).astype(np.intp)
