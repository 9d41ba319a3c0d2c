"""Names under which the page is asked for, and posts of other pages."""

from __future__ import annotations

import pytest

from hil.web.origins import host_is_ours, is_loopback, posted_by_the_page


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "scope.lab", "", "127.0.0.1.evil.org"]
)
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("header", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765", "localhost"])
def test_our_names(header: str) -> None:
    assert host_is_ours(header, "127.0.0.1")


@pytest.mark.parametrize(
    "header", ["evil.org", "127.0.0.1.evil.org:8765", "", "[", "evil@localhost.org"]
)
def test_other_names(header: str) -> None:
    assert not host_is_ours(header, "127.0.0.1")
    assert host_is_ours(header, "0.0.0.0"), "there the token decides"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.org"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "cross-site"},
        {"referer": "http://127.0.0.1:8765/"},
    ],
)
def test_posts_of_others(headers: dict[str, str]) -> None:
    assert not posted_by_the_page({"host": "127.0.0.1:8765", **headers})


def test_posts_of_the_page() -> None:
    ours = {"host": "127.0.0.1:8765", "origin": "http://127.0.0.1:8765"}
    assert posted_by_the_page(ours)
    assert posted_by_the_page({**ours, "sec-fetch-site": "same-origin"})
