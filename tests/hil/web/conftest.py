"""Sessions to show, and a page of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from hil.store import Database
from hil.web.acting import Messenger
from hil.web.site import Site
from hil.web.tokens import Tokens
from tests.hil.report.conftest import database, measured

__all__ = ["database", "measured"]  # fixtures

ACT, LOOK = "a" * 20, "l" * 20
BASE = "http://127.0.0.1:8765"


@pytest.fixture
def site(database: Database) -> Site:
    asked = Messenger(
        f"sqlite:///{database.url.removeprefix('sqlite:///')}", database.frames_folder
    )
    return Site(database, Tokens(ACT, LOOK), asked, "127.0.0.1", 8765)


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    with TestClient(site.app(), base_url=BASE, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def acting(client: TestClient) -> Callable[..., TestClient]:
    """A browser that has given a token, whose posts are the page's own."""

    def make(token: str = ACT, **headers: str) -> TestClient:
        client.cookies.set("hil_watch_8765", token)
        client.headers.update({"origin": BASE, **headers})
        return client

    return make
