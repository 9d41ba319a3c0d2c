"""The folder beside a running session: requests by files, and who runs here."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import pytest

from hil.errors import StoreError
from hil.records.request import Wish, ask
from hil.store.control.folder import Beside, running_here

_REQUEST = '{"id": "1", "wish": "approved", "why": "WHY", "by": "", "trial": TRIAL}'
ONE, TWO = "a" * 32, "ab" * 16


def test_a_request_is_read_whole_and_in_order(tmp_path: Path) -> None:
    beside = Beside(tmp_path, ONE)
    beside.enter(joined=False)
    wishes = [ask(Wish.PAUSE, "one"), ask(Wish.REFUSE, "two", 3), ask(Wish.CONTINUE, "three")]
    for wish in reversed(wishes):
        Beside(tmp_path, ONE).put(wish)
    assert beside.requests() == wishes
    beside.leave()
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"id": "1"}',
        '{"id": 1, "wish": "explode", "why": "", "by": ""}',
        "x" * 70_000,
        "[" * 60_000,
        _REQUEST.replace("TRIAL", "1e400"),
        _REQUEST.replace("TRIAL", "9" * 30),
        _REQUEST.replace("TRIAL", "-1"),
        _REQUEST.replace("TRIAL", "NaN"),
        _REQUEST.replace("TRIAL", "[]"),
        _REQUEST.replace("TRIAL", "null").replace("WHY", "\\ud800"),
        _REQUEST.replace("TRIAL", 'null, "settings": {"focus.z_um": NaN}'),
        _REQUEST.replace("TRIAL", f'null, "settings": {{"focus.z_um": {"9" * 400}}}'),
        _REQUEST.replace("TRIAL", 'null, "settings": []'),
        "\ufeff{}",
    ],
    ids=lambda text: text[-24:],
)
def test_what_is_no_request_is_passed_over(tmp_path: Path, text: str) -> None:
    beside = Beside(tmp_path, ONE)
    beside.enter(joined=False)
    (beside.path / "request-0.json").write_text(text, encoding="utf-8")
    good = ask(Wish.PAUSE, "why")
    beside.put(good)
    assert beside.requests() == [good]


def test_a_new_controller_forgets_and_one_that_joins_does_not(tmp_path: Path) -> None:
    beside = Beside(tmp_path, ONE)
    beside.enter(joined=False)
    beside.put(ask(Wish.PAUSE, "why"))
    Beside(tmp_path, ONE).enter(joined=True)
    assert len(beside.requests()) == 1
    Beside(tmp_path, ONE).enter(joined=False)
    assert beside.requests() == []


def test_sessions_are_named_by_their_beginning_or_last(tmp_path: Path) -> None:
    assert running_here(tmp_path, "last") == []
    for key in (TWO, ONE):
        beside = Beside(tmp_path, key)
        beside.enter(joined=False)
        beside.say({"state": "PAUSED"})
    assert [one.session_id for one in running_here(tmp_path, "last")] == [TWO, ONE]
    assert [one.session_id for one in running_here(tmp_path, "aaa")] == [ONE]
    assert running_here(tmp_path, "b") == []
    assert running_here(tmp_path, TWO)[0].cards()[0]["status"] == {"state": "PAUSED"}


def test_a_dead_controller_runs_nothing(tmp_path: Path) -> None:
    beside = Beside(tmp_path, ONE)
    beside.enter(joined=False)
    (card,) = beside.path.glob("controller-*")
    said = json.loads(card.read_text(encoding="utf-8"))
    card.write_text(json.dumps({**said, "pid": 2**22 + 11}), encoding="utf-8")
    assert running_here(tmp_path, "last") == []
    card.write_text(json.dumps({**said, "host": "elsewhere"}), encoding="utf-8")
    assert running_here(tmp_path, "last") == []
    card.write_text("{", encoding="utf-8")
    assert running_here(tmp_path, "last") == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "control").write_text("a file", encoding="utf-8")
    with pytest.raises(StoreError, match="control"):
        Beside(tmp_path, ONE).enter(joined=False)
    with pytest.raises(StoreError, match="control"):
        Beside(tmp_path, ONE).put(ask(Wish.PAUSE, "why"))
    assert Beside(tmp_path, ONE).requests() == []
    assert os.listdir(tmp_path) == ["control"]


@pytest.mark.parametrize(
    "card",
    [
        "[" * 60_000,
        '{"host": "HOST", "pid": 1e400}',
        '{"host": "HOST", "pid": 99999999999999999999}',
        '{"host": "HOST", "pid": -1}',
        '{"host": "HOST", "pid": "1"}',
        '{"host": "HOST", "pid": PID, "since_ns": "x"}',
        '{"host": "HOST", "pid": PID, "since_ns": NaN}',
        '{"host": "HOST", "pid": PID, "status": []}',
        '{"host": [], "pid": PID}',
        "null",
    ],
)
def test_what_is_no_card_is_passed_over(tmp_path: Path, card: str) -> None:
    beside = Beside(tmp_path, ONE)
    beside.enter(joined=False)
    text = card.replace("HOST", platform.node()).replace("PID", str(os.getpid()))
    (beside.path / "controller-other-1.json").write_text(text, encoding="utf-8")
    assert [one["pid"] for one in beside.cards()] == [os.getpid()]
    assert [found.session_id for found in running_here(tmp_path, "last")] == [ONE]
