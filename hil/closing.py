"""What is open and has to be closed: one `with` for all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self


class Closing(ABC):
    """Something that ``with`` closes at its end, whether or not an error was raised."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is held."""

    def _leave(self) -> None:
        """Do what the end of ``with`` does: `close`, unless there is more to do."""
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._leave()
