"""Each page: valid, escaped, offline, with labels; and a page that says so where there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import html5lib
import pytest
from starlette.testclient import TestClient

from hil.errors import StoreError
from hil.store import Database
from hil.web.site import Site

HOSTILE = "<script>alert('x')</script> \"&\x07\u202e"


def checked(text: str) -> ElementTree.Element:
    """Parse a page; see that it is valid, offline, and can be used by who does not see it."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert not re.search(r"(?:src|href|action)=\"(?!/|#|data:,)", text), "a request leaves"
    assert not re.search(r"\son\w+=|\sstyle=|<style", text), "the page's own rules forbid it"
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(ids) == len(set(ids)), "an id twice"
    assert tree.get("lang")
    assert all(one.get("alt") for one in tree.iter("img"))
    assert all(one.find("caption") is not None for one in tree.iter("table"))
    labelled = {one.get("for") for one in tree.iter("label")}
    for one in (*tree.iter("input"), *tree.iter("progress")):
        assert one.get("type") == "hidden" or one.get("id") in labelled
    for one in (*tree.iter("button"), *tree.iter("a"), *tree.iter("summary")):
        assert "".join(one.itertext()).strip() or one.find("img") is not None
    for one in tree.iter("section"):
        assert one.get("aria-labelledby") in ids
    for one in tree.iter():
        if one.get("tabindex") == "0":
            assert one.get("role") == "region" and one.get("aria-label")
        assert (one.get("tabindex") or "0") in ("0", "-1")
    levels = [int(one.tag[1]) for one in tree.iter() if re.fullmatch("h[1-6]", str(one.tag))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert len(list(tree.iter("main"))) == 1
    return tree


def test_no_sessions_yet(client: TestClient) -> None:
    text = client.get("/").text
    checked(text)
    assert "There is no session yet." in text


def test_older_sessions_have_a_page(
    client: TestClient, measured: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.web.site._PER_PAGE", 10)
    keys = {measured(n=0, name=f"s{index}") for index in range(13)}
    page = client.get("/").text
    checked(page)
    older = re.search(r"/\?after=(\w+)", page)
    assert older
    rest = client.get(older[0]).text
    checked(rest)
    seen = [re.findall(r"/session/(\w+)", text) for text in (page, rest)]
    assert [len(found) for found in seen] == [10, 3]
    assert {*seen[0], *seen[1]} == keys


def test_a_list_has_room_for_names_of_thousands_of_letters(
    client: TestClient, measured: Callable[..., str]
) -> None:
    key = measured(n=0, name="n" * 3000, rig="r" * 900, tags=("t" * 900,))
    text = client.get("/").text
    checked(text)
    assert f'href="/session/{key}"' in text and f"({key[:8]})" in text
    assert not re.search("n{81}|r{81}|t{81}", text)
    assert "n" * 3000 in client.get(f"/session/{key}").text


def test_a_session_is_shown_whole(
    client: TestClient, measured: Callable[..., str], database: Database
) -> None:
    key = measured(n=6)
    text = client.get(f"/session/{key}").text
    tree = checked(text)
    sources = [str(one.get("src")) for one in tree.iter("img")]
    assert len(sources) == 8
    for source in sources:
        answer = client.get(source)
        assert answer.status_code == 200, source
        assert answer.headers["content-type"].startswith("image/")
    assert "give the token" in text, "who may look only is told how to act"
    for name in (key[:8], "last"):
        answer = client.get(f"/session/{name}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/session/{key}")


def test_buttons_are_there_for_who_may_act(
    acting: Callable[..., TestClient], measured: Callable[..., str]
) -> None:
    key = measured(n=1)
    tree = checked(acting().get(f"/session/{key}").text)
    assert [one.get("id") for one in tree.iter("button")] == ["pause", "stop"]
    tree = checked(acting("l" * 20).get(f"/session/{key}").text)
    assert not list(tree.iter("button"))
    answer = acting("l" * 20).post(f"/session/{key}/ask", data={"wish": "pause"})
    assert answer.status_code == 403


def test_hostile_names_are_text(client: TestClient, measured: Callable[..., str]) -> None:
    key = measured(
        n=6, names=(f"stage.{HOSTILE}", "cost.$x^"), name=HOSTILE, rig=HOSTILE, note=HOSTILE,
        tags=(HOSTILE,), objectives=(HOSTILE, "speed"),
    )  # fmt: skip
    for path in ("/", f"/session/{key}"):
        text = client.get(path).text
        checked(text)
        assert "<script>alert" not in text
        assert "\x07" not in text
        assert "&lt;script&gt;" in text


NOT_THERE = (
    "/none /session/ffffffff /session/%3Cb%3E /session/zz/events /static/site.py"
    " /static/..%2fsite.py /?after=ffffffff /session/last/figure/none.svg /session/last/frame/0.png"
    " /session/last/frame/0.png?low=a&high=b /session/last/frame/99.png?low=0&high=1"
    " /session/last/frame/99999999999999999999.png?low=0&high=1"
    " /session/last/frame/0.png?low=nan&high=1 /session/last/frame/0.png?low=0&high=inf"
    " /session/last/ask"
).split()


def test_what_is_not_there(client: TestClient, measured: Callable[..., str]) -> None:
    measured(n=1)
    for path in NOT_THERE:
        answer = client.get(path)
        assert answer.status_code in (404, 405), path
        checked(answer.text)


def test_a_database_that_is_away(
    client: TestClient, site: Site, measured: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(n=1)

    def away(*_: Any, **__: Any) -> None:
        raise StoreError("the database failed: <away>")

    monkeypatch.setattr(Database, "sessions", away)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "&lt;away&gt;" in answer.text


def test_tokens_open_the_page(client: TestClient, site: Site, measured: Callable[..., str]) -> None:
    site.tokens = type(site.tokens)("a" * 20, "l" * 20, open_to_look=False)
    key = measured(n=1)
    for path in ("/", "/events", f"/session/{key}", f"/session/{key}/frame/0.png?low=0&high=1"):
        answer = client.get(path)
        assert answer.status_code == 401
        checked(answer.text)
        assert "night" not in answer.text
    assert client.get("/?token=wrong").status_code == 403
    own = {"origin": "http://127.0.0.1:8765"}
    assert client.post("/token", data={"token": "wrong"}, headers=own).status_code == 403
    assert client.get("/static/watch.css").status_code == 200
    assert client.post("/token", data={"token": "l" * 20}, headers=own).status_code == 303
    assert client.get("/").status_code == 200


def told(client: TestClient, site: Site, path: str, looks: int) -> list[str]:
    """Follow a stream until it has asked so many times whether it is to end."""
    ended = iter(range(looks))
    site.ending = lambda: next(ended, None) is None
    answer = client.get(path)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return re.findall(r"^data: (\S+)$", answer.text, re.MULTILINE)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    async def at_once(_: float) -> None: ...

    monkeypatch.setattr("hil.web.site.asyncio.sleep", at_once)
    yield


@pytest.mark.usefixtures("no_waiting")
def test_streams_tell_of_changes_alone(
    client: TestClient, site: Site, measured: Callable[..., str]
) -> None:
    key = measured(n=1)
    assert len(told(client, site, f"/session/{key}/events", 30)) == 1
    assert len(told(client, site, "/events", 30)) == 1
    assert site._streams == 0
    site._streams = 64
    assert client.get("/events").status_code == 503
