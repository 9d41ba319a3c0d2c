from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run
from tests.hil.replay.recorded_sessions import copied, session_named


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    return session_named(copied(tmp_path), "regression")


def test_the_error_comes_first_then_the_table_and_the_figure(
    session: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--what-if", "sampler=random", "--what-if", "trials=4,6", "--seeds", "2"]
    assert run(["replay", session, *options, "--picture", "w.png"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("model     trials left out are predicted to")
    assert "sampler=random trials=4" in told
    assert "after 48 frames" in told
    assert Path("w.png").read_bytes().startswith(b"\x89PNG")


WRONG = [
    (["--what-if", "sampler=gp", "--frames"], "say from what"),
    (["--what-if", "sampler=gp", "--estimator", "gaussian"], "goes without what belongs"),
    (["--what-if", "sampler=nope"], "sampler.kind: 'nope'"),
    (["--what-if", "sampler=gp", "--picture", "no/w.png"], "--picture"),
    (["--frames", "--seeds", "3"], "--seeds: 3: belongs to --what-if"),
    (["--frames", "--trials", "3"], "--trials: 3: belongs to --what-if"),
]


@pytest.mark.parametrize(("options", "told"), WRONG)
def test_wrong_input_is_one_line(
    session: str, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert run(["replay", session, *options]) == 2
    said = capsys.readouterr().err
    assert told in said and len(said.splitlines()) == 1
    assert not list(Path().glob("*.png"))
