"""Sums over everything and over all folds but one, from those of each fold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Protocol, Self, TypeVar


class _Additive(Protocol):
    def __add__(self, other: Self, /) -> Self: ...
    def __sub__(self, other: Self, /) -> Self: ...


_Sums = TypeVar("_Sums", bound=_Additive)


def training_sums(folds: Sequence[_Sums]) -> list[_Sums]:
    """Sum those of everything, then of all but each of ``folds``, where there are several."""
    everything = reduce(add, folds)
    if len(folds) == 1:
        return [everything]
    return [everything, *[everything - own for own in folds]]
