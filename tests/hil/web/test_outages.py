"""A database that goes away while a page is served: the page says so, and follows again afterwards."""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from starlette.testclient import TestClient

from hil.store import Database, open_database
from hil.web.acting import Messenger
from hil.web.site import Site
from hil.web.tokens import Tokens
from tests.hil.web.conftest import ACT, BASE, LOOK
from tests.hil.web.test_site import checked
from tests.postgres import admin


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'hil.db'}"


@pytest.fixture
def database(url: str, tmp_path: Path) -> Iterator[Database]:
    with open_database(url, frames=tmp_path / "frames", create=True) as opened:
        yield opened


@pytest.fixture
def site(database: Database, url: str) -> Site:
    made = Site(
        database, Tokens(ACT, LOOK), Messenger(url, database.frames_folder), "127.0.0.1", 8765
    )
    # Every look is a new one: how long an answer may be repeated is tested elsewhere.
    made._newest = lambda: made._rows(None)  # type: ignore[assignment]
    return made


@contextmanager
def moved(file: Path) -> Iterator[None]:
    away = file.parent / "away"
    away.mkdir()
    names = [one for one in file.parent.glob(f"{file.name}*") if one.is_file()]
    for one in names:
        shutil.move(one, away / one.name)
    yield
    for one in names:
        if (away / one.name).exists():
            shutil.move(away / one.name, one)


def seen(client: TestClient, key: str, site: Site) -> list[int]:
    for live in site._followed.values():
        live.look.soon()  # as a second later
    answers = [client.get(path) for path in ("/", f"/session/{key}")]
    for answer in answers:
        checked(answer.text)
        if answer.status_code != 200:
            assert "the database failed" in answer.text
            assert "defect" not in answer.text and "Traceback" not in answer.text
    return [answer.status_code for answer in answers]


def test_a_file_that_is_moved_and_comes_back(
    client: TestClient, site: Site, measured: Callable[..., str], tmp_path: Path
) -> None:
    key = measured(n=3)
    assert seen(client, key, site) == [200, 200]
    with moved(tmp_path / "hil.db"):
        assert client.get("/").status_code == 503
        assert "moved or deleted" in client.get("/").text
    assert seen(client, key, site)[0] == 200


def test_a_file_in_which_somebody_writes_is_read_all_the_same(
    client: TestClient, site: Site, measured: Callable[..., str], tmp_path: Path
) -> None:
    key = measured(n=3)
    writer = sqlite3.connect(tmp_path / "hil.db")
    try:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE session SET note = 'half way'")
        assert seen(client, key, site) == [200, 200]
        writer.rollback()
    finally:
        writer.close()


class TestServer:
    """The same with a server."""

    @pytest.fixture
    def url(self, postgres_url: str) -> str:
        return postgres_url

    def test_one_that_ends_and_comes_back(
        self,
        client: TestClient,
        site: Site,
        measured: Callable[..., str],
        postgres_server: URL,
        url: str,
    ) -> None:
        key = measured(n=3)
        assert seen(client, key, site) == [200, 200]
        name = make_url(url).database
        with admin(postgres_server) as connection:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
                ),
                {"name": name},
            )
            assert seen(client, key, site) == [503, 503]
            answer = client.post(f"/session/{key}/ask", data={"wish": "pause"}, headers=as_page())
            assert answer.status_code >= 400 and answer.text.startswith("Not asked: ")
            assert "not currently accepting connections" in answer.text
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        assert seen(client, key, site) == [200, 200]


def as_page() -> dict[str, str]:
    return {"cookie": f"hil_watch_8765={ACT}", "origin": BASE, "accept": "text/plain"}


def test_two_pages_that_ask_at_once(
    site: Site, database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=3)
    wishes = ("pause", "stop", "pause", "continue") * 3
    told: list[tuple[int, str]] = []

    def ask(wish: str) -> None:
        with TestClient(site.app(), base_url=BASE, follow_redirects=False) as one:
            answer = one.post(f"/session/{key}/ask", data={"wish": wish}, headers=as_page())
            told.append((answer.status_code, answer.text))

    threads = [threading.Thread(target=ask, args=(wish,)) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == len(wishes)
    assert {status for status, _ in told} <= {200, 409}, told
    asked = database.events(key)
    written = sum(bool(re.search("asked|wish|request", kind)) for kind in asked["kind"])
    assert written == sum(status == 200 for status, _ in told), (told, list(asked["kind"]))
    with TestClient(site.app(), base_url=BASE) as one:
        assert seen(one, key, site) == [200, 200]
