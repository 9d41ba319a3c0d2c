"""What tifffile says in its log of files that are damaged, and goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hil.errors import InputError

_NO_MATTER = (
    "missing data are zeroed",  # hil.frames.tiff finds them itself
    "missing pages",
    "failed to read display settings",
    "failed to read comments",
)


class _Heard(logging.Handler):
    def __init__(self, words: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.words = words

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage()
        if not any(known in words.lower() for known in _NO_MATTER):
            self.words.append(words)


@contextmanager
def complaints(path: Path) -> Iterator[None]:
    """Raise where tifffile complains in its log.

    Raises
    ------
    InputError
        With its first words.
    """
    heard: list[str] = []
    with _listening(heard):
        yield
    if heard:
        raise InputError(path, "", f"is damaged, or not quite TIFF: {heard[0]}")


@contextmanager
def _listening(words: list[str]) -> Iterator[None]:
    log, handler = logging.getLogger("tifffile"), _Heard(words)
    propagate, log.propagate = log.propagate, False
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = propagate


@contextmanager
def unheard() -> Iterator[None]:
    """Let tifffile complain to nobody: of what is for people only."""
    with _listening([]):
        yield
