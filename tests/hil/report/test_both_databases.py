"""Sessions that nobody wishes for, on both databases, through all that shows or exports them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from hil.cli.main import run
from hil.records.frames import FieldFrames
from hil.records.session import SessionState
from hil.records.trial import Proposal, TrialState
from hil.report.plot import KINDS
from hil.session.result import shown_of
from hil.store import Database, NewSession, open_database
from hil.web.acting import Messenger
from hil.web.site import Site
from hil.web.tokens import Tokens
from tests.hil.report.conftest import AT, Clock, assessed, distribution
from tests.hil.report.test_page import HOSTILE, checked
from tests.hil.web.test_site import checked as valid

CHOICES = '{"name": "CategoricalDistribution", "attributes": {"choices": ["<b>", "FITC", "$x^"]}}'
ODD = (math.nan, math.inf, -math.inf, 1e308, -1e308, 0.5, 0.25)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """One of both kinds, in place of the SQLite file that other tests here take."""
    url = f"sqlite:///{tmp_path / 'hil.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    with open_database(url, frames=tmp_path / "frames", create=True) as opened:
        opened.told_url = url  # type: ignore[attr-defined]
        yield opened


def named(measured: Callable[..., str], database: Database) -> str:
    return measured(
        n=8, names=(f"stage.{HOSTILE}", "cost.$x^"), name=HOSTILE, rig=HOSTILE, note=HOSTILE,
        tags=(HOSTILE,), session_text=HOSTILE, versions={HOSTILE: HOSTILE},
    )  # fmt: skip


def odd_numbers(measured: Callable[..., str], database: Database) -> str:
    return measured(n=12, value=lambda number, _: ODD[number % len(ODD)])


def two_objectives(measured: Callable[..., str], database: Database) -> str:
    return measured(n=10, objectives=(HOSTILE, "speed"))


def all_failed(measured: Callable[..., str], database: Database) -> str:
    return other(database, {"stage.x_um": distribution(-10, 10)}, lambda _: None)


def categorical(measured: Callable[..., str], database: Database) -> str:
    held = {"filter.Label": CHOICES, "stage.x_um": distribution(-10, 10)}
    return other(database, held, lambda number: 0.1 * number)


def under_way(measured: Callable[..., str], database: Database) -> str:
    return other(database, {"stage.x_um": distribution(-10, 10)}, lambda _: 0.5, ends=False)


def other(
    database: Database,
    held: dict[str, str],
    bits: Callable[[int], float | None],
    *,
    ends: bool = True,
) -> str:
    clock = Clock()
    new = NewSession(
        name="night", rig="scope", session_text='name = "night"\n', rig_text='name = "scope"\n',
        versions={}, seed=1, n_trials=9, objectives=("bits_per_pixel",), estimator="predictive",
        at=AT,
    )  # fmt: skip
    key = database.create_session(new)
    with database.store(key, controller="scope", clock=clock) as store:
        for number in range(9):
            words = ("<b>", "FITC", "$x^")[number % 3]
            settings: dict[str, Any] = {
                name: words if "Label" in name else 1.5 * number - 9 for name in held
            }
            trial = store.propose(lambda *_, s=settings: Proposal("search", s, held))
            value = bits(number)
            if value is None:
                store.finish(trial, TrialState.FAILED, clock.now(), HOSTILE)
                continue
            store.applied(trial, clock.now(), settings)
            pixels = np.full((1, 16, 12), 100 + number, np.uint16)
            store.frames(trial, FieldFrames(0, pixels, 10.0, 4095, AT))
            store.captured(trial, clock.now(), device_s=0.5)
            store.estimated(trial, clock.now(), assessed(value, [0], {"bits_per_pixel": value}))
            store.finish(trial, TrialState.COMPLETE, clock.now())
        if ends:
            store.session_state(SessionState.COMPLETE, clock.now(), HOSTILE)
        else:
            store.propose(lambda *_: Proposal("search", {"stage.x_um": 0.0}, held))
    return key


KINDS_OF_SESSIONS = (named, odd_numbers, two_objectives, all_failed, categorical, under_way)


@pytest.mark.parametrize("make", KINDS_OF_SESSIONS, ids=lambda make: make.__name__)
def test_each_is_shown_and_exported(
    database: Database,
    measured: Callable[..., str],
    make: Callable[..., str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = make(measured, database)
    where = ("--db", database.told_url, "--frames", str(database.frames_folder))  # type: ignore[attr-defined]
    only_db = where[:2]
    commands: list[tuple[str, ...]] = [
        ("sessions", *only_db),
        ("sessions", "--sort=-best", "--where", "best > -1e9", "--format", "json", *only_db),
        ("trials", key, "--sort=-objective", *only_db),
        ("trials", key, "-o", str(tmp_path / "trials.csv"), *only_db),
        ("trials", key, "-o", str(tmp_path / "trials.parquet"), *only_db),
        ("events", key, *only_db),
        ("report", key, "-o", str(tmp_path / "report.html"), *where),
        ("export", key, "--parquet", str(tmp_path / "tables"), *where),
        ("export", key, "--optuna", f"sqlite:///{tmp_path / 'study.db'}", *where),
        ("db", "check", *where),
    ]
    for command in commands:
        assert run(list(command)) == 0, (command, capsys.readouterr())
        said = capsys.readouterr()
        assert not re.search("[\\x07\\x1b\\u202e]", said.out), command
    best = shown_of(database, key)
    listed = database.sessions(limit=1).iloc[0]
    assert (None if best is None else best.objective) == (listed["best"] if best else None)
    assert best is not None or np.isnan(listed["best"] or np.nan)
    text = checked(tmp_path / "report.html")
    assert "<script" not in text and "<b>" not in text
    for kind in KINDS:
        status = run(["plot", key, "--kind", kind, "-o", str(tmp_path / f"{kind}.svg"), *where])
        said = capsys.readouterr()
        assert status in (0, 2), (kind, said)
        assert "defect" not in said.err, (kind, said)


@pytest.mark.parametrize("make", KINDS_OF_SESSIONS, ids=lambda make: make.__name__)
def test_each_has_its_live_page(
    database: Database, measured: Callable[..., str], make: Callable[..., str]
) -> None:
    key = make(measured, database)
    url = database.told_url  # type: ignore[attr-defined]
    asked = Messenger(url, database.frames_folder)
    site = Site(database, Tokens("a" * 20, "l" * 20), asked, "127.0.0.1", 8765)
    with TestClient(site.app(), base_url="http://127.0.0.1:8765") as client:
        for path in ("/", f"/session/{key}"):
            answer = client.get(path)
            assert answer.status_code == 200, answer.text
            valid(answer.text)
            assert "<script>alert" not in answer.text and "\x07" not in answer.text
        for drawn in re.findall(r'src="(/session/[^"]+)"', answer.text):
            assert client.get(drawn.replace("&amp;", "&")).status_code == 200, drawn
