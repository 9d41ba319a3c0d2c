"""optuna-dashboard with a session in it: what its own API says, and who may ask."""

from __future__ import annotations

import http.client
import json
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIServer

import pytest

from hil.cli.main import run
from hil.errors import InputError
from hil.proposer.dashboard import DashboardStudy
from hil.records.trial import Proposal, TrialState
from hil.store import Database
from hil.web.dashboard import _Follower, serve_dashboard
from tests.hil.report.conftest import Clock


class Asked:
    """A client of the server that runs."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, path: str, host: str = "") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Host": host} if host else {}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def json(self, path: str) -> Any:
        status, body = self(path)
        assert status == 200, body
        return json.loads(body)


@pytest.fixture
def dashboard(database: Database) -> Iterator[Callable[[str], Asked]]:
    url = f"sqlite:///{database.url.removeprefix('sqlite:///')}"
    servers: list[WSGIServer] = []
    threads: list[threading.Thread] = []

    def begin(session: str) -> Asked:
        said: list[str] = []
        told = threading.Event()

        def say(address: str) -> None:
            said.append(address)
            told.set()

        thread = threading.Thread(
            target=serve_dashboard,
            args=(session,),
            kwargs={
                "db": url,
                "frames": database.frames_folder,
                "port": 0,
                "pictures": 2,
                "say": say,
                "serving": servers.append,
            },
        )
        threads.append(thread)
        thread.start()
        assert told.wait(120)
        return Asked(int(said[0].rstrip("/").rpartition(":")[2]))

    yield begin
    for server in servers:
        server.shutdown()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_the_session_is_a_study_with_frames_of_its_best_trials(
    dashboard: Callable[[str], Asked], database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=7)
    ask = dashboard(key[:8])
    (study,) = ask.json("/api/studies")["study_summaries"]
    assert study["study_name"] == f"night ({key[:8]})"
    assert study["directions"] == ["maximize"]
    trials = ask.json(f"/api/studies/{study['study_id']}")["trials"]
    assert [trial["state"] for trial in trials] == ["Complete"] * 4 + ["Fail"] + ["Complete"] * 2
    table = database.trials(key, sort="number")
    for trial, objective in zip(trials, table["objective"], strict=True):
        if trial["state"] == "Complete":
            assert trial["values"] == [pytest.approx(objective)]
    first = table.iloc[0]
    began, ended = (
        first[name].to_pydatetime().astimezone() for name in ("proposed_at", "finished_at")
    )
    assert trials[0]["datetime_start"] == began.replace(tzinfo=None).isoformat()
    assert trials[0]["datetime_complete"] == ended.replace(tzinfo=None).isoformat()
    order = database.trials(key, sort="-objective", limit=2)["number"]
    shown = {trial["number"]: trial["artifacts"] for trial in trials if trial["artifacts"]}
    assert set(shown) == set(order)
    ((artifact,),) = [shown[int(order.iloc[0])]]
    assert artifact["filename"] == f"trial_{order.iloc[0]}.png"
    trial_id = trials[int(order.iloc[0])]["trial_id"]
    status, picture = ask(f"/artifacts/{study['study_id']}/{trial_id}/{artifact['artifact_id']}")
    assert status == 200
    assert picture.startswith(b"\x89PNG")
    status, page = ask("/dashboard/")
    assert (status, b"<html" in page) == (200, True)
    assert ask("/api/studies", host="elsewhere.example")[0] == 403


def test_two_objectives_and_no_frames(
    dashboard: Callable[[str], Asked], measured: Callable[..., str]
) -> None:
    measured(n=3, objectives=("bits_per_pixel", "speed"), frames=False)
    ask = dashboard("last")
    (study,) = ask.json("/api/studies")["study_summaries"]
    found = ask.json(f"/api/studies/{study['study_id']}")
    assert found["objective_names"] == ["bits_per_pixel", "speed"]
    assert [len(trial["values"]) for trial in found["trials"]] == [2, 2, 2]
    assert not any(trial["artifacts"] for trial in found["trials"])


def test_what_is_missing_is_told(
    database: Database,
    measured: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    where = ["--db", database.url, "--frames", str(database.frames_folder), "--port", "0"]
    measured(n=1)
    assert run(["dashboard", "ffff", *where]) == 2
    assert "no session" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "optuna_dashboard", None)
    assert run(["dashboard", "last", *where]) == 2
    assert "hil-imaging[dashboard]" in capsys.readouterr().err
    with pytest.raises(InputError, match="no database"):
        serve_dashboard("last", db=f"sqlite:///{tmp_path / 'none.db'}", frames=None, port=0,
                        pictures=1, say=print)  # fmt: skip


def test_trials_that_end_meanwhile_come_to_it_once(
    database: Database, measured: Callable[..., str], tmp_path: Path
) -> None:
    key = measured(n=3, n_trials=9)
    study = DashboardStudy("night", ("bits_per_pixel",), tmp_path)
    follower = _Follower(database, key, study, pictures=1)
    follower.look()
    follower.look()
    assert len(study._study.trials) == 3
    at = datetime(2026, 1, 2, tzinfo=UTC)
    with database.store(key, controller="scope", clock=Clock()) as store:
        trial = store.propose(lambda *_: Proposal("search", {"stage.x_um": 1.0}))
        follower.look()
        assert len(study._study.trials) == 3, "it is not over"
        store.finish(trial, TrialState.FAILED, at, "late")
    follower.look()
    assert [one.user_attrs["number"] for one in study._study.trials] == [0, 1, 2, 3]
    last = study._study.trials[-1]
    assert last.datetime_complete == at.astimezone().replace(tzinfo=None)
    assert study.missing(database.rows(key)) == []
