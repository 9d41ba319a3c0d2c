"""No page of others shows, posts to or asks for this one."""

from __future__ import annotations

from collections.abc import Callable

from starlette.testclient import TestClient

from hil.store import Database


def test_every_answer_closes_the_page(client: TestClient, measured: Callable[..., str]) -> None:
    key = measured(n=2)
    for path in ("/", f"/session/{key}", "/none", "/static/watch.js", "/token"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
    figure = client.get(f"/session/{key}/figure/history.svg")
    assert "sandbox" in figure.headers["content-security-policy"]


def test_a_page_of_another_name_gets_nothing(client: TestClient) -> None:
    answer = client.get("/", headers={"host": "evil.org"})
    assert answer.status_code == 403
    assert "Sessions" not in answer.text


def test_posts_of_other_pages_ask_nothing(
    database: Database, acting: Callable[..., TestClient], measured: Callable[..., str]
) -> None:
    key = measured(n=1)
    for origin in ("http://evil.org", "http://127.0.0.1:9999", "null", ""):
        answer = acting(origin=origin).post(f"/session/{key}/ask", data={"wish": "stop"})
        assert answer.status_code == 403
    assert not len(database.events(key))


def test_a_token_is_kept_out_of_the_address(client: TestClient) -> None:
    answer = client.get(f"/?token={'a' * 20}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    kept = answer.headers["set-cookie"].lower()
    assert "httponly" in kept and "samesite=lax" in kept
    for path in ("//evil.org", "/%5cevil.org", "///evil.org/"):
        assert (
            not client.get(f"{path}?token={'a' * 20}")
            .headers.get("location", "/")
            .startswith(("//", "/\\"))
        )
