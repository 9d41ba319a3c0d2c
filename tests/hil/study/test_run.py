from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from hil.study import run, run_study
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
