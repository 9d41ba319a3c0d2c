"""A drafted session is one that is not refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hil.cli.files.first_session import session_text
from hil.cli.main import run

RIG = """
name = "scope"
[limits."Focus drive.position_um"]
low = 100.0
high = 140.0
[limits."XY.x_um"]
low = -30.0
high = 30.0
[limits."XY.y_um"]
low = -20
high = 20
"""


def test_it_searches_the_focus_within_the_limits_at_fields_that_the_stage_reaches() -> None:
    found = tomllib.loads(session_text(RIG, "a b.toml", "first.toml"))
    (search,) = found["search"]
    assert search == {"setting": "Focus drive.position_um", "low": 110, "high": 130}
    assert found["measure"]["grid"] == {"columns": 2, "rows": 2, "step_um": 20}
    assert found["rig"] == "a b.toml"


def test_without_a_focus_or_a_stage_its_place_is_shown() -> None:
    text = session_text('name = "scope"', "rig.toml", "first.toml")
    assert "search" not in tomllib.loads(text)
    assert "# [[search]]" in text
    assert "overlap" in text
    assert "\n# grid = " in text


def test_the_exposure_is_held_where_it_stood() -> None:
    found = tomllib.loads(session_text(RIG, "rig.toml", "first.toml", ("My cam.exposure_ms", 12.5)))
    assert found["fixed"] == {"My cam.exposure_ms": 12.5}
    unknown = session_text(RIG, "rig.toml", "first.toml", ("My cam.exposure_ms", 0.0))
    assert "fixed" not in tomllib.loads(unknown)


CONFIG = """Property,Core,Initialize,0
Device,Camera,DemoCamera,DCam
Device,Z,DemoCamera,DStage
Device,XY,DemoCamera,DXYStage
Property,Core,Initialize,1
Property,Core,Camera,Camera
Property,Camera,Mode,Noise
"""
NOISE = """
[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6
bit_depth = 16
"""


def test_a_configuration_becomes_a_session_that_is_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pymmcore_plus", reason="there are no wheels for Linux on ARM")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scope.cfg").write_text(CONFIG, encoding="utf-8")
    asked = ["rig", "init", "scope.cfg", "-o", "scope.toml", "--session", "first.toml"]
    assert run(asked) == 0
    assert "hil check first.toml" in capsys.readouterr().out
    with (tmp_path / "scope.toml").open("a", encoding="utf-8") as rig:
        rig.write(NOISE)
    assert run(["check", "first.toml"]) == 0
    said = capsys.readouterr().out
    assert "nothing is refused" in said
    assert "exposures 0.96 s" in said  # of 12 trials of 4 fields, twice, 10 ms each
    assert (tmp_path / "session.schema.json").exists()
    assert run(["rig", "init", "scope.cfg", "-o", "two.toml", "--session", "first.toml"]) == 2
    assert "first.toml: exists already" in capsys.readouterr().err
    assert not (tmp_path / "two.toml").exists()
