from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import hil
from hil.cli.main import run
from tests.hil.replay.recorded_sessions import copied, session_named


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    return session_named(copied(tmp_path), "regression")


def test_the_stored_session_is_a_regression_test(
    session: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", session[:8], "--frames", "--check"]) == 0
    told = capsys.readouterr().out
    assert "no estimate moved by more than 1e-06" in told
    assert "winner    trial 0, then and now" in told


def test_an_estimate_that_moved_ends_with_status_1_and_names_versions(
    session: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database = sqlite3.connect("hil.db")
    with database:
        database.execute("UPDATE estimate SET bits_per_pixel = bits_per_pixel + 1e-4")
        database.execute("UPDATE session SET versions = json_set(versions, '$.numpy', '1.0')")
    database.close()
    assert run(["replay", session, "--frames", "--check"]) == 1
    told = capsys.readouterr().err
    assert "6 of 6 trials moved by more than 1e-06" in told
    assert "version   numpy: 1.0 then" in told
    assert run(["replay", session, "--frames", "--check", "--tolerance", "1e-3"]) == 0


def test_another_estimator_is_shown_beside(
    session: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", session, "--frames", "--estimator", "gaussian"]) == 0
    told = capsys.readouterr().out
    assert "rank correlation" in told and "winner" in told


WRONG = [
    (["last"], "say from what"),
    (["last", "--frames", "--check", "--estimator", "gaussian"], "--check"),
    (["last", "--frames", "--tolerance", "1e-3"], "--tolerance"),
    (["last", "--frames", "--check", "--tolerance", "-1"], "--tolerance"),
    (["last", "--frames", "--noise", "poisson", "--calibration", "abcd"], "either"),
    (["00", "--frames"], "there is no session"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_input_is_one_line(
    session: str, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert run(["replay", *arguments]) == 2
    said = capsys.readouterr().err
    assert told in said and len(said.splitlines()) == 1
    with hil.open_database() as database:
        assert len(database.sessions()) == 2
