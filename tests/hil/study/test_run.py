from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import hil
from hil.errors import InputError
from hil.study import run, run_study
from hil.study.audit import auditors
from hil.study.prediction import Prediction
from tests.hil.study.planted_domain import SMALL, Planted


def test_what_is_not_known_is_refused_and_nothing_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path.as_posix()}/a.db"
    for domain, budget in (("lens", "tiny"), ("lensless", "huge")):
        with pytest.raises(InputError, match=r"hil study: .*(lensless|tiny)"):
            run_study(domain, url, budget=budget)
    assert not list(tmp_path.iterdir())


def test_a_study_is_run_and_written_down(
    found: Prediction, cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "find_domain", lambda name: Planted())
    monkeypatch.setattr(run, "digest_of_code", lambda *_: "")
    monkeypatch.setattr(run, "SIZES", {"tiny": SMALL})
    url = f"sqlite:///{tmp_path.as_posix()}/a.db"
    done = run_study("planted", url, budget="tiny", cache=cells)
    assert done.prediction.tasks["sign"].ranking == found.tasks["sign"].ranking


def test_a_study_with_auditors_that_is_stopped_goes_on_where_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain, size = Planted(), replace(SMALL, settings=3, seeds=1, resampled=5, audited=2)
    monkeypatch.setattr(run, "find_domain", lambda name: domain)
    monkeypatch.setattr(run, "digest_of_code", lambda *_: "")
    monkeypatch.setattr(run, "SIZES", {"full": size})
    monkeypatch.setattr(auditors, "_by_density", lambda one: ({"bits per frame": 1.0}, ""))
    url = f"sqlite:///{tmp_path.as_posix()}/a.db"

    def stopped_at(start: str) -> Callable[[str], None]:
        def said(line: str) -> None:
            if line.startswith(start):
                raise KeyboardInterrupt

        return said

    asked = []
    for start in ("2 of 3", "audited 1 of 2"):
        with pytest.raises(KeyboardInterrupt):
            run_study("planted", url, budget="full", cache=tmp_path, said=stopped_at(start))
        asked.append(domain.asked)
    done = run_study("planted", url, budget="full", cache=tmp_path)
    assert [*asked, domain.asked] == [2, 4, 5]
    assert done.audit is not None and done.audit.pixelcnn == [1.0, 1.0]
    with hil.open_database(url) as database:
        states = database.sessions()["state"].tolist()
        kept = database.session(done.session_id).extra["study"]
    assert sorted(states) == ["COMPLETE", "STOPPED", "STOPPED"]
    assert kept["audit"]["numbers"] == done.audit.numbers
