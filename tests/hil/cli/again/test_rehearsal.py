from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run
from tests.hil.replay.rehearsal.test_rehearse import REAL
from tests.hil.small_session import RIG, SESSION


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    Path("session.toml").write_text(SESSION, encoding="utf-8")


def test_the_session_as_it_will_be(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rig.toml").write_text(REAL, encoding="utf-8")
    Path("twin.toml").write_text(RIG, encoding="utf-8")
    assert run(["run", "session.toml", "--rehearse", "--on", "twin.toml", "--trials", "4"]) == 0
    told = capsys.readouterr().out
    assert "rehearsal of session.toml on twin.toml" in told
    assert "trials    4 complete of 4" in told
    for word in ("limits", "time", "frames    32", "dose", "disk", "winner", "sure"):
        assert f"\n{word}" in told
    assert {one.name for one in Path().iterdir()} == {"rig.toml", "session.toml", "twin.toml"}


def test_without_a_simulated_rig_what_the_files_state(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rig.toml").write_text(REAL, encoding="utf-8")
    assert run(["run", "session.toml", "--rehearse"]) == 0
    told = capsys.readouterr().out
    assert "no simulated rig stands in for rig.toml" in told
    assert "frames    48" in told
    assert "not known" in told


WRONG = [
    (["--on", "twin.toml"], "--on: belongs to --rehearse"),
    (["--faults", "f.toml"], "--faults: belongs to --rehearse"),
    (["--keep"], "--keep: belongs to --rehearse"),
    (["--rehearse", "--faults", "f.toml"], "f.toml: needs a simulated rig"),
    (["--rehearse", "--keep"], "--keep: there is nothing to keep"),
    (["--rehearse", "--on", "no.toml"], "no.toml: no such file"),
]


@pytest.mark.parametrize(("options", "told"), WRONG)
def test_wrong_input_is_one_line(
    capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    Path("rig.toml").write_text(REAL, encoding="utf-8")
    assert run(["run", "session.toml", *options]) == 2
    said = capsys.readouterr().err
    assert told in said and len(said.splitlines()) == 1


def test_a_rehearsal_that_fails_half_way_has_failed(capsys: pytest.CaptureFixture[str]) -> None:
    """As the session itself would, whatever it brought before."""
    Path("rig.toml").write_text(RIG, encoding="utf-8")
    fault = f'[[fault]]\nfault = "os_error"\ncall = "capture"\nat = {list(range(5, 99))}\n'
    Path("f.toml").write_text(fault, encoding="utf-8")
    assert run(["run", "session.toml", "--rehearse", "--faults", "f.toml"]) == 1
    told = capsys.readouterr().out
    assert "state     FAILED" in told
    assert "trials    1 complete" in told
