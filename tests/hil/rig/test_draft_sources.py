"""`hil rig init` from modulators, instruments and EPICS: what it writes is a rig file."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from hil.cli.main import run
from hil.spec import RigSpec

VISA = Path(__file__).parents[3] / "examples" / "visa"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(VISA / "laser.toml", tmp_path / "laser.toml")
    return tmp_path


def drafted() -> RigSpec:
    return RigSpec.model_validate(tomllib.loads(Path("rig.toml").read_text(encoding="utf-8")))


def test_several_sources_make_one_rig_file(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["--slm", "santec", "--visa", "laser.toml", "--epics", "13SIM1:"]
    assert run(["rig", "init", *said]) == 0
    spec = drafted()
    assert [driver.kind for driver in spec.driver] == ["slm", "visa", "epics"]
    assert spec.camera == "camera"
    assert "wrote rig.toml" in capsys.readouterr().out
    assert run(["rig", "check", "rig.toml"]) == 2
    assert "no file 'levels.csv'" in capsys.readouterr().err, "what is still missing"


def test_sources_go_beside_a_configuration() -> None:
    Path("scope.cfg").write_text(
        "Device,Stage,DemoCamera,DStage\nProperty,Core,Initialize,1\n", encoding="utf-8"
    )
    assert run(["rig", "init", "scope.cfg", "--visa", "laser.toml"]) == 0
    assert [driver.kind for driver in drafted().driver] == ["micromanager", "visa"]


def test_two_cameras_have_labels_of_their_own() -> None:
    assert run(["rig", "init", "--epics", "A:", "--epics", "B:"]) == 0
    assert drafted().camera == "camera1"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([], "give FILE.cfg, --slm, --visa or --epics"),
        (["--slm", "santek"], "'santek', did you mean 'santec'?"),
        (["--visa", "none.toml"], "none.toml: no such file"),
        (["--epics", "a b"], "'a b', allowed: a prefix"),
        (["--slm", "santec", "--without", "X"], "goes with FILE.cfg"),
    ],
)
def test_what_is_no_source_is_one_line_and_writes_nothing(
    said: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rig", "init", *said]) == 2
    shown = capsys.readouterr().err.strip()
    assert words in shown and "\n" not in shown
    assert not Path("rig.toml").exists()


def test_a_table_with_a_mistake_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("laser.toml").write_text('label = "laser"\n[[settings]]\nname = "x"\n', encoding="utf-8")
    assert run(["rig", "init", "--visa", "laser.toml"]) == 2
    shown = capsys.readouterr().err.strip()
    assert "laser.toml" in shown and "settings.0.get" in shown and "\n" not in shown
