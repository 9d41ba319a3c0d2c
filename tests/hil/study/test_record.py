from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hil
from hil.errors import InputError
from hil.replay.from_frames import replay_frames
from hil.store import Database
from hil.study.cell import measure
from hil.study.record import StudySession
from tests.hil.study.planted_domain import SMALL, Planted


def test_a_study_is_a_session_with_a_trial_for_each_setting(tmp_path: Path) -> None:
    domain, url = Planted(), f"sqlite:///{tmp_path.as_posix()}/a.db"
    setting = {"lamp.mw": 2.0}
    cell = measure(domain, setting, 0, SMALL)
    with hil.open_database(url, create=True) as database:
        with StudySession(database, domain, "tiny", SMALL, "a note") as session:
            session.trial(0, setting, [cell, cell])
            session.summary({"sign": {"spearman": 1.0}})
        record = database.session(session.id)
        (row,) = database.rows(session.id)
        assert record.state == "COMPLETE" and record.extra["kind"] == "study"
        assert record.extra["study"]["sign"] == {"spearman": 1.0}
        assert row.requested == setting and row.objectives is not None
        assert row.objectives[0] == pytest.approx(cell["information"]["sign"]["bits per frame"])
        assert len(database.estimates(session.id)["details"].iloc[0]["study"]) == 2


def test_a_study_that_breaks_off_says_so(tmp_path: Path) -> None:
    with hil.open_database(f"sqlite:///{tmp_path.as_posix()}/a.db", create=True) as database:
        with (
            pytest.raises(ZeroDivisionError),
            StudySession(database, Planted(), "tiny", SMALL) as s,
        ):
            raise ZeroDivisionError
        assert database.session(s.id).state == "FAILED"


def test_a_signal_just_after_a_study_is_made_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Database.create_session

    def create(*arguments: Any) -> None:
        real(*arguments)
        raise KeyboardInterrupt("terminated")

    with hil.open_database(f"sqlite:///{tmp_path.as_posix()}/a.db", create=True) as database:
        session = StudySession(database, Planted(), "tiny", SMALL)
        with monkeypatch.context() as here, pytest.raises(KeyboardInterrupt):
            here.setattr(Database, "create_session", create)
            session.__enter__()
        assert database.session(session.id).state == "STOPPED"


def test_a_study_is_gone_on_with_by_itself_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path.as_posix()}/a.db"
    with hil.open_database(url, create=True) as database:
        with pytest.raises(ZeroDivisionError), StudySession(database, Planted(), "tiny", SMALL):
            raise ZeroDivisionError
    for again in (hil.resume_session, replay_frames):
        with pytest.raises(InputError, match="is a study, of no rig: `hil study planted`"):
            again("last", url)
