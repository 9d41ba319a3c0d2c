"""The live page in a real browser: what a person sees and does, with a keyboard alone."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe

from hil.records.session import SessionState
from hil.records.trial import Proposal, TrialState
from hil.report.comparing.page import write_comparison
from hil.report.page import write_report
from hil.report.passport.page import write_passport
from hil.report.passport.series import passport
from hil.store import Database
from hil.web.acting import Messenger
from hil.web.serving import bound
from hil.web.site import Site
from hil.web.tokens import Tokens
from tests.hil.report.conftest import Clock
from tests.hil.report.passport.laboratory import measure, week
from tests.hil.report.test_page import HOSTILE
from tests.hil.web.conftest import ACT

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium here")

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def violations(page: Any) -> list[str]:
    """All that axe-core objects to, in light at a desk and in the dark on a phone."""
    found = []
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for colours, size in (("light", DESKTOP), ("dark", PHONE)):
        page.emulate_media(color_scheme=colours)
        page.set_viewport_size(size)
        # One thing scrolls, not the page: a phone shows it whole.
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            found.append(f"{page.url} {colours}: wider than the window")
        found += [
            f"{page.url} {colours}: {one['id']}: {node['html']}"
            for one in Axe().run(page).response["violations"]
            for node in one["nodes"]
        ]
    return found


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


@pytest.fixture(scope="module")
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
    page = browser.new_page(viewport=DESKTOP)
    page.set_default_timeout(60_000)
    wrong, asked = [], []
    page.on("console", lambda said: wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/session/{key}?token={ACT}")
    assert "token" not in page.url
    page.evaluate("() => Promise.all([...document.images].map((one) => one.decode()))")

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

    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{address}/")
    page.wait_for_selector("#sessions >> text=night")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert wrong == []
    assert all(url.startswith((address, "data:")) for url in asked)
    page.close()


NAMES = (f"stage.{HOSTILE}", "stage." + "y" * 3000)


@pytest.fixture
def sessions(database: Database, measured: Callable[..., str]) -> dict[str, str]:
    """One that runs and waits for approval, of hostile names; one that failed; two objectives."""
    running = measured(
        n=6, names=NAMES, name=HOSTILE, note="long " * 300, tags=(HOSTILE, "t" * 300)
    )
    failed = measured(n=0, name="failed")
    clock = Clock()
    clock.time = datetime(2026, 1, 2, tzinfo=UTC)
    with database.store(running, controller="scope", clock=clock) as store:
        trial = store.propose(lambda *_: Proposal("search", {NAMES[0]: 1.0, NAMES[1]: 0.0}))
        moves = {"trial": trial.number, "moves": {NAMES[1]: "from 0 to 1"}}
        store.event("approval_needed", clock.now(), moves)
        store.event("warned", clock.now(), {"said": HOSTILE + "e" * 3000})
    with database.store(failed, controller="scope", clock=clock) as store:
        store.session_state(SessionState.FAILED, clock.now(), f"lost {HOSTILE}")
    both = measured(n=5, objectives=("bits_per_pixel", "speed"), name="both")
    return {"running": running, "failed": failed, "both": both}


@pytest.fixture
def outlines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are pictures to a browser, whatever is drawn in them, and drawing takes long."""
    for module in ("hil.report.writing", "hil.web.live_figures"):
        monkeypatch.setattr(
            f"{module}.svg",
            lambda _: '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="300"/>',
        )


@pytest.mark.usefixtures("outlines")
def test_every_page_passes_the_rules_of_accessibility(
    browser: Any, address: str, database: Database, sessions: dict[str, str], tmp_path: Path
) -> None:
    found, asked, wrong = [], [], []
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    looked = [f"/session/{sessions[name]}" for name in ("running", "failed")]
    acting = f"/session/{sessions['running']}?token={ACT}"
    for path in ("/", *looked, "/token", acting):
        page.goto(address + path)
        found += violations(page)
    assert page.get_by_role("button", name="Approve").count() == 1
    assert all(url.startswith((address, "data:")) for url in asked)

    for name, key in sessions.items():
        write_report(database, key, tmp_path / f"{name}.html")
    write_comparison(database, list(sessions.values()), tmp_path / "compare.html")
    for number in range(6):
        measure(database, week(number), 1 - 0.1 * number, rig=HOSTILE, **{HOSTILE: 1.0})
    write_passport(passport(database, HOSTILE), HOSTILE, None, tmp_path / "passport.html")
    asked.clear()
    for path in sorted(tmp_path.glob("*.html")):
        page.goto(path.as_uri())
        page.evaluate("() => Promise.all([...document.images].map((one) => one.decode()))")
        found += violations(page)
    assert all(url.startswith(("file:", "data:")) for url in asked)
    assert found == [] and wrong == []
    page.close()
