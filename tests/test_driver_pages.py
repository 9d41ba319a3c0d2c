"""The commands of the drivers' pages run as they stand, beside the examples."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

import hil
from hil.cli.main import run
from tests.drivers.epics.server import SoftServer
from tests.sim.modulator.loops import made_small

ROOT = Path(__file__).parents[1]


def commands(page: str) -> list[list[str]]:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("hil ")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_light_modulator(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = commands("slm")
    assert len(found) == 3
    for command in found[:2]:
        assert run(command) == 0, command
    shown = capsys.readouterr().out
    assert "slm.frame_crc32" in shown
    with hil.open_database() as database:
        trials = database.trials("last", sort="number")
    assert list(trials["state"]) == ["COMPLETE"] * 6
    assert trials["slm.frame_crc32"].nunique() >= 5
    assert trials["objective"].corr(trials["metrics.strehl"], method="spearman") > 0.5
    # three modes in place of eight: what the fit does is the same
    made_small(folder / "examples" / "slm", "by_model.toml")
    assert run(found[2]) == 0
    shown = capsys.readouterr().out
    assert "model rig.toml: " in shown and "of them corrections; auto since trial" in shown
    with hil.open_database() as database:
        residual = database.trials("last", sort="number")["metrics.residual_nm"].astype(float)
    assert residual[3] < 0.1 * residual[0], "the fourth trial is the correction"


def test_process_variables(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = SoftServer()
    try:
        rig = folder / "examples" / "epics" / "rig.toml"
        text = rig.read_text(encoding="utf-8").replace("127.0.0.1:5064", server.address)
        rig.write_text(text, encoding="utf-8")
        found = commands("epics")
        assert len(found) == 2
        for command in found:
            assert run(command) == 0, command
        shown = capsys.readouterr().out
        assert "-400 to 450" in shown and "read-only" in shown
        with hil.open_database() as database:
            trials = database.trials("last", sort="number")
        assert list(trials["state"]) == ["COMPLETE"] * 6
        assert trials["objective"].corr(trials["stand.lamp_mw"], method="spearman") > 0.8
        assert (trials["stand.pressure_mbar"] == 1.5).all()
    finally:
        server.end()


def test_sequences(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "sequences.md").read_text(encoding="utf-8")
    shown = re.findall(r"```(?:json|toml)\n(.*?)```", page, re.DOTALL)
    example = folder / "examples" / "sequence"
    assert shown[0] == (example / "channels.json").read_text(encoding="utf-8")
    assert shown[1] in (example / "session.toml").read_text(encoding="utf-8")
    found = commands("sequences")
    assert [command[0] for command in found] == ["run", "replay"]
    for command in found:
        assert run(command) == 0, command
    assert "by at most 0 bits" in capsys.readouterr().out
    (python,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(python, {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" um ")[0] for line in lines] == [
        "DAPI, z 0",
        "DAPI, z 2",
        "FITC, z 0",
        "FITC, z 2",
    ]
