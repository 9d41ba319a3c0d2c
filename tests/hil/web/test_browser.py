"""The live page in a real browser: what a person sees and does, with a keyboard alone."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn

from hil.records.trial import Proposal, TrialState
from hil.store import Database
from hil.web.acting import Messenger
from hil.web.serving import bound
from hil.web.site import Site
from hil.web.tokens import Tokens
from tests.hil.report.conftest import Clock
from tests.hil.web.conftest import ACT

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium here")

# Every text against the next opaque colour below it (WCAG 2.2, 1.4.3).
FAINT = """() => {
  const rgb = (said) => said.match(/[\\d.]+/g).map(Number);
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => {
    const v = c[i] / 255;
    return sum + w * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const below = (one) => {
    for (; one; one = one.parentElement) {
      const c = rgb(getComputedStyle(one).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const one of document.body.querySelectorAll("*")) {
    const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !one.getClientRects().length) continue;
    const a = light(rgb(getComputedStyle(one).color)), b = light(below(one));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(`${one.tagName} ${one.textContent.trim()}: ${contrast}`);
  }
  return faint;
}"""


@pytest.fixture
def address(database: Database) -> Iterator[str]:
    """A page in a server of this process."""
    url = f"sqlite:///{database.url.removeprefix('sqlite:///')}"
    with bound("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        site = Site(
            database, Tokens(ACT), Messenger(url, database.frames_folder), "127.0.0.1", port
        )
        server = uvicorn.Server(
            uvicorn.Config(site.app(), log_level="critical", lifespan="off", ws="none")
        )
        site.ending = lambda: server.should_exit
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(60)


@pytest.fixture
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


def test_a_session_is_followed_and_paused_by_keyboard(
    browser: Any, address: str, database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=3, n_trials=9)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    wrong, asked = [], []
    page.on("console", lambda said: wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/session/{key}?token={ACT}")
    assert "token" not in page.url
    page.evaluate("() => Promise.all([...document.images].map((one) => one.decode()))")

    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        assert page.evaluate(FAINT) == []

    for _ in range(20):  # from the top of the page, by the Tab key alone
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "pause":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector("#said >> text=Asked to pause.")
    # It comes by the stream; nobody loads the page again.
    page.wait_for_selector("#events >> text=pause_requested")
    assert page.evaluate("document.activeElement.id") == "pause", "the focus stays where it was"

    clock = Clock()
    clock.time = datetime(2026, 1, 2, tzinfo=UTC)
    with database.store(key, controller="scope", clock=clock) as store:
        trial = store.propose(lambda *_: Proposal("search", {"stage.x_um": 1.0}))
        store.finish(trial, TrialState.FAILED, clock.now(), "late")
    page.wait_for_selector("#now >> text=4 of 9 trials")

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{address}/")
    page.wait_for_selector("#sessions >> text=night")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert wrong == []
    assert all(url.startswith((address, "data:")) for url in asked)
    page.close()
