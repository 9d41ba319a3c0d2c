"""The port: what is refused before anything is served, and a server that ends."""

from __future__ import annotations

import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvicorn

from hil.errors import InputError
from hil.store import Database
from hil.web import serving


def serve(database: Database, said: list[str], session: str | None = None, **changes: Any) -> None:
    known: dict[str, Any] = {
        "host": "127.0.0.1", "port": 0, "token": None, "look_token": None,
    }  # fmt: skip
    url = f"sqlite:///{database.url.removeprefix('sqlite:///')}"
    serving.serve(
        session, db=url, frames=database.frames_folder, say=said.append, **known | changes
    )


def test_a_port_in_use_is_told(database: Database) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"--port: {port}: in use"):
            serve(database, [], port=port)


def test_addresses_of_others_are_told(database: Database) -> None:
    for host in ("no such host", "203.0.113.7", "é" * 70):
        with pytest.raises(InputError, match="--host"):
            serve(database, [], host=host, token="a" * 16)
    with pytest.raises(InputError, match="with a token only"):
        serve(database, [], host="0.0.0.0")


def test_a_session_that_is_not_there_is_told(database: Database) -> None:
    with pytest.raises(InputError, match="no session"):
        serve(database, [], "ffff")


def test_the_server_answers_and_ends(
    database: Database, measured: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, said, servers = measured(n=1), [], []
    monkeypatch.setattr(serving, "_step_back", lambda: None)  # not of the tests
    made = uvicorn.Server
    monkeypatch.setattr(
        serving.uvicorn, "Server", lambda config: servers.append(made(config)) or servers[0]
    )
    thread = threading.Thread(target=serve, args=(database, said, key))
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not (servers and servers[0].started) and time.monotonic() < deadline:
            time.sleep(0.02)
        (address,) = said
        assert f"/session/{key}?token=" in address
        with urllib.request.urlopen(address.partition("?")[0], timeout=30) as answer:
            assert b"night" in answer.read()
        # A browser that follows the page does not hold up the end.
        stream = urllib.request.urlopen(f"{address.partition('?')[0]}/events", timeout=30)
        assert stream.readline().startswith(b"retry")
    finally:
        servers[0].should_exit = True
        thread.join(60)
    assert not thread.is_alive()
    stream.close()


def test_the_page_steps_back_behind_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = []

    class Process:
        def nice(self, value: int | None = None) -> int:
            if value is not None:
                given.append(value)
            return 3

    monkeypatch.setattr(psutil, "Process", Process)
    serving._step_back()
    assert given and given[0] > 3
