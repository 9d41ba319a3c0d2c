"""The soft server of examples/epics, on a port of its own, in a process that can be ended."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parents[3] / "examples" / "epics"


def table(address: str) -> dict[str, Any]:
    """What examples/epics says of the driver, served elsewhere."""
    (said,) = tomllib.loads((EXAMPLE / "rig.toml").read_text(encoding="utf-8"))["driver"]
    del said["kind"]
    return {**said, "addresses": [address], "timeout_s": 5.0}


class SoftServer:
    """A running server: the example's, or another with a record ``DESK:X``."""

    def __init__(self, script: Path = EXAMPLE / "ioc.py") -> None:
        self._script = script
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.begin()

    def begin(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(self._script), str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < until

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        """Whether it answers a search by hand: version and search of a name, big-endian."""
        name = b"DESK:X\0\0"
        version = bytes([0, 0, 0, 0, 0, 0, 0, 13]) + bytes(8)
        search = bytes([0, 6, 0, len(name), 0, 5, 0, 13]) + bytes([0, 0, 0, 1] * 2) + name
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            asked.settimeout(0.2)
            try:
                asked.connect(("127.0.0.1", self.port))
                asked.send(version + search)
                return bool(asked.recv(512))
            except OSError:
                time.sleep(0.05)
                return False
