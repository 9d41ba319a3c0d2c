"""Fields a few at a time, large frames one by one and small ones many: memory does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

_VALUES = 2**18  # of a group: in double precision they leave the cache, yet calls are few


def field_groups(frames: NDArray[Any]) -> Iterator[slice]:
    """Split the first axis of ``frames`` into slices of about equally many values."""
    step = max(1, _VALUES * len(frames) // max(1, frames.size))
    for first in range(0, len(frames), step):
        yield slice(first, min(first + step, len(frames)))
