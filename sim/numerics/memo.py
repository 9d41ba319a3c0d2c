"""The last of something that takes time to make."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Last(Generic[T]):
    """Keeps what was made last, as long as it is asked for by the same key."""

    def __init__(self) -> None:
        self._kept: tuple[Hashable, T] | None = None

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made for this key, or make it."""
        if self._kept is None or self._kept[0] != key:
            self._kept = None  # so that never two of them take memory
            self._kept = (key, make())
        return self._kept[1]
