from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hil.cli import main
from hil.study import run
from tests.hil.study.planted_domain import SMALL, Planted


def _hil(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_a_study_says_what_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run, "find_domain", lambda name: Planted())
    monkeypatch.setattr(run, "digest_of_code", lambda *_: "")
    monkeypatch.setattr(run, "SIZES", {"tiny": replace(SMALL, settings=3, seeds=1)})
    assert _hil("study", "planted", "--budget", "tiny", "--labels", "--plot", "a.png") == 0
    said = capsys.readouterr().out
    assert "3 of 3 settings" in said and "brightness" in said and "reaches what" in said
    assert (tmp_path / "a.png").exists() and (tmp_path / "hil.db").exists()


def test_another_domain_is_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _hil("study", "lenseless") == 2
    assert "did you mean 'lensless'" in capsys.readouterr().err
    assert _hil("study", "lensless", "--plot", "no/such.png") == 2
    assert _hil("study", "lensless", "--budget", "huge") == 2
    monkeypatch.setattr(run, "find_domain", lambda name: Planted())
    assert _hil("study", "planted", "--design") == 2
    assert "planted has no designs yet" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
