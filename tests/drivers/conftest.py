"""A Micro-Manager with demo devices, for the tests of its driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.micromanager.kind import KIND, MicroManagerConnection

Open = Callable[..., MicroManagerConnection]


@pytest.fixture
def open_config(tmp_path: Path) -> Iterator[Open]:
    """Open a configuration given as text (the demo's without), and close it afterwards."""
    opened: list[MicroManagerConnection] = []

    def open_(text: str | None = None, **options: object) -> MicroManagerConnection:
        if text is not None:
            (tmp_path / "rig.cfg").write_text(text, encoding="utf-8")
            options["config"] = "rig.cfg"
        connection = KIND.open(KIND.options(options, tmp_path))
        opened.append(connection)
        return connection

    yield open_
    for connection in opened:
        connection.close()


@pytest.fixture
def demo(open_config: Open) -> MicroManagerConnection:
    return open_config()
