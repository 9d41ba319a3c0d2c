"""A line that is serial, as far as a pseudo-terminal is."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.drivers.visa.test_instrument import Laser


@pytest.fixture
def port() -> Iterator[str]:
    """The name of a port behind which a laser answers, byte by byte."""
    import tty

    ours, theirs = os.openpty()
    tty.setraw(theirs)
    laser = Laser()
    done = threading.Event()

    def serve() -> None:
        line = b""
        with suppress(OSError):
            while not done.is_set():
                line += os.read(ours, 1)
                if line.endswith(b"\r"):
                    if answer := laser(line.decode().strip()):
                        assert isinstance(answer, bytes)
                        for byte in answer.replace(b"\n", b"\r\n"):
                            os.write(ours, bytes([byte]))
                    line = b""

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield os.ttyname(theirs)
    done.set()
    os.write(theirs, b"\r")
    thread.join(5)
    os.close(ours)
    os.close(theirs)
