from __future__ import annotations

from pathlib import Path

import pytest

import hil
from hil.cli.main import run
from tests.hil.replay.recorded_sessions import copied, session_named
from tests.hil.small_session import RIG


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    return session_named(copied(tmp_path), "regression")


def test_recorded_settings_are_measured_on_a_simulated_rig(
    session: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("rig.toml").write_text(RIG, encoding="utf-8")
    assert run(["replay", session, "--on", "rig.toml", "--picture", "on.svg"]) == 0
    told = capsys.readouterr().out
    assert "rank correlation" in told and "bias" in told
    assert "axes_1" in Path("on.svg").read_text(encoding="utf-8")
    with hil.open_database() as database:
        old, new = database.trials(session), database.trials("last")
        assert list(old["focus.z_um"]) == pytest.approx(list(new["focus.z_um"]))
        assert database.session("last").extra["replay_of"] == session


WRONG = [
    (RIG + '[limits."mirror.z5_nm"]\nlow = -1\nhigh = 1\n', "mirror.z5_nm"),
    (
        RIG.replace("sim.microscope", "sim.lensless").split("height_px")[0]
        + "[noise]\nkind = 'poisson'\n",
        "mirror.z5_nm",
    ),
]


@pytest.mark.parametrize(("rig", "told"), WRONG)
def test_what_a_rig_lacks_is_said_before_anything_moves(
    session: str, capsys: pytest.CaptureFixture[str], rig: str, told: str
) -> None:
    Path("rig.toml").write_text(rig, encoding="utf-8")
    assert run(["replay", session, "--on", "rig.toml"]) == 2
    said = capsys.readouterr().err
    assert told in said and len(said.splitlines()) == 1
    with hil.open_database() as database:
        assert len(database.sessions()) == 2
