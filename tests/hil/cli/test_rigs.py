"""Commands at the rig refuse before they touch anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hil.cli.main import run


def test_a_rig_file_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "scope.cfg").write_text("", encoding="utf-8")
    before = (folder / "rig.toml").read_text(encoding="utf-8")
    assert run(["rig", "init", "scope.cfg"]) == 2
    assert "--force overwrites it" in capsys.readouterr().err
    assert (folder / "rig.toml").read_text(encoding="utf-8") == before


def test_best_and_a_trial_are_too_much(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["apply", "last", "--best", "--trial", "1"]) == 2
    assert "either --best or --trial N" in capsys.readouterr().err


def test_parking_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["park", "rig.toml"]) == 0
    assert capsys.readouterr().out == "parked\n"


CONFIG = "Device,Z,DemoCamera,DStage\nDevice,Gone,NoSuchAdapter,X\nProperty,Core,Initialize,1\n"


def test_a_configuration_that_the_core_refuses_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "scope.cfg").write_text(CONFIG, encoding="utf-8")
    assert run(["rig", "init", "scope.cfg", "-o", "scope.toml"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: scope.cfg: line 2, Device,Gone,NoSuchAdapter,X: Failed to load")
    assert error.endswith('or hil rig init --without "Gone"\n')
    assert not (folder / "scope.toml").exists()


def test_it_is_drafted_without_the_device(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "scope.cfg").write_text(CONFIG, encoding="utf-8")
    assert run(["rig", "init", "scope.cfg", "-o", "scope.toml", "--without", "Gone"]) == 0
    assert "warning: there is no camera in it" in capsys.readouterr().out
    assert run(["rig", "check", "scope.toml"]) == 0
    assert "Z.position_um" in capsys.readouterr().out
    first = (folder / "scope.toml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "#:schema rig.schema.json", "what editors look for"
    schema = folder / "rig.schema.json"
    assert "camera" in json.loads(schema.read_text(encoding="utf-8"))["properties"]
    schema.write_text("{}", encoding="utf-8")
    assert run(["rig", "init", "scope.cfg", "-o", "two.toml", "--without", "Gone"]) == 0
    assert schema.read_text(encoding="utf-8") == "{}", "what is there is left"


def test_an_unknown_device_cannot_be_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "scope.cfg").write_text(CONFIG, encoding="utf-8")
    assert run(["rig", "init", "scope.cfg", "-o", "scope.toml", "--without", "gone"]) == 2
    assert "no device 'gone', allowed: Gone" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["measure", "calibrate"])
def test_what_takes_frames_needs_a_camera(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    text = (folder / "rig.toml").read_text(encoding="utf-8").replace('camera = "camera"\n', "", 1)
    (folder / "dark.toml").write_text(text, encoding="utf-8")
    assert run([command, "dark.toml"]) == 2
    assert "camera: missing: label of the device that takes the frames" in capsys.readouterr().err


def test_a_session_needs_a_camera(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (folder / "rig.toml").read_text(encoding="utf-8").replace('camera = "camera"\n', "", 1)
    (folder / "rig.toml").write_text(text, encoding="utf-8")
    assert run(["run", "session.toml"]) == 2
    assert "names no camera" in capsys.readouterr().err
