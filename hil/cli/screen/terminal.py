"""The one way to the terminal: whatever names, labels and notes hold, it shows and never obeys.

What would act is written out: see `hil.records.plain_text`.
"""

from __future__ import annotations

import errno
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from hil.records.plain_text import shown


class SafeStream:
    """A text stream that shows what is printed on it by way of `shown`.

    Parameters
    ----------
    stream
        Where it goes.
    beside
        Where goes what other threads print than that of the program: a driver's library has nothing
        to add to a table that somebody else's program reads.
    """

    def __init__(self, stream: TextIO, beside: TextIO | None = None) -> None:
        self.stream = stream
        self._beside = beside

    def write(self, text: str) -> int:
        """Write, with nothing left that acts."""
        beside = self._beside
        if beside is None or threading.current_thread() is threading.main_thread():
            beside = self.stream
        beside.write(shown(text))
        return len(text)

    def close(self) -> None:
        """Stay open: it is not the driver's."""

    def writelines(self, lines: Iterable[str]) -> None:
        """Write lines."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class SafeConsole(Console):
    """Rich's console: its own styles and cursor movements act, the text within does not."""

    def __init__(self, stream: TextIO, **options: Any) -> None:
        file = stream.stream if isinstance(stream, SafeStream) else stream
        super().__init__(file=file, highlight=False, markup=False, **options)

    def on_broken_pipe(self) -> NoReturn:
        """Whoever read has gone: that ends what is printed, and no session with it."""
        raise BrokenPipeError(errno.EPIPE, "nobody reads any longer")

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Turn into segments, of which only the control segments act."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(shown(segment.text), segment.style)


@contextmanager
def safe_output() -> Iterator[None]:
    """Print safely within a ``with`` block, on standard output and standard error."""
    out, err = sys.stdout, sys.stderr
    wrapped: Any = SafeStream(out, err), SafeStream(err)
    sys.stdout, sys.stderr = wrapped
    try:
        yield
    finally:
        if sys.stdout is wrapped[0]:
            sys.stdout = out
        if sys.stderr is wrapped[1]:
            sys.stderr = err
