"""A soft instrument on loopback that answers as it is told to, badly too."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Answer = bytes | tuple[tuple[float, bytes], ...] | None
"""What is sent back: bytes, or pieces each after so many seconds; None hangs up."""


class SoftInstrument:
    """Answers each line by `answer`; keeps the lines in `heard`."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self.answer = answer
        self.heard: list[str] = []
        self.connections: list[Any] = []  # closed with it
        self._wire: socket.socket | None = None
        self._server = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def resource(self) -> str:
        return f"TCPIP::127.0.0.1::{self._server.getsockname()[1]}::SOCKET"

    def close(self) -> None:
        for connection in self.connections:
            connection.close()
        # accept() does not notice that its socket is closed
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        if self._wire is not None:
            with suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self._wire, _ = self._server.accept()
                with self._wire as wire:
                    self._talk(wire)

    def _talk(self, wire: socket.socket) -> None:
        with suppress(OSError):
            for line in wire.makefile("r", encoding="ascii", newline="\n"):
                self.heard.append(line.strip())
                answer = self.answer(line.strip())
                if answer is None:
                    return
                pieces = answer if isinstance(answer, tuple) else ((0.0, answer),)
                for after_s, piece in pieces:
                    time.sleep(after_s)
                    wire.sendall(piece)


@contextmanager
def soft_instrument(answer: Callable[[str], Answer]) -> Iterator[SoftInstrument]:
    soft = SoftInstrument(answer)
    try:
        yield soft
    finally:
        soft.close()
