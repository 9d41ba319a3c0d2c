r"""The one way to the terminal: whatever names, labels and notes hold, it shows and never obeys.

Text from users, devices and databases may hold escape sequences, which move the cursor or rewrite
what stands above, and marks that turn the direction of writing, by which a line reads as another.
They are written out as ``\x1b`` and ``\u202e``.
"""

from __future__ import annotations

import errno
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_ACTS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
    "|\r(?!\n)"
)


def shown(text: str) -> str:
    """Write out every character that a terminal would obey; newlines and tabs stay."""
    return _ACTS.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


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
