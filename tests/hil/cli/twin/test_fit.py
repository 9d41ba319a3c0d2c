from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import hil
from hil.cli.main import run
from hil.rig.driver_kinds import driver_kind
from tests.hil.small_session import RIG, SESSION

BLANK = RIG.replace("seed = 1", "seed = 50")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twin")
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    kept = SESSION.replace("repeats = 2", 'repeats = 1\nkeep_frames = "all"')
    (folder / "session.toml").write_text(kept.replace("trials = 6", "trials = 4"), encoding="utf-8")
    first = kept.replace('keep_frames = "all"', 'keep_frames = "none"')
    (folder / "none.toml").write_text(first.replace("trials = 6", "trials = 1"), encoding="utf-8")
    url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
    names = ("session.toml", "none.toml")
    ids = [hil.run_session(folder / name, database=url).session_id for name in names]
    (folder / "ids").write_text(" ".join(ids), encoding="utf-8")
    return folder


@pytest.fixture
def there(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(recorded)
    (recorded / "blank.toml").write_text(BLANK, encoding="utf-8")
    return recorded


def session(folder: Path, place: int) -> str:
    """Its id, of those in the order in which they were run."""
    return (folder / "ids").read_text(encoding="utf-8").split()[place]


def test_the_twin_is_a_rig_file_that_runs_the_session(
    there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["twin", "fit", session(there, 0), "blank.toml", "-o", "twin.toml"]) == 0
    said = capsys.readouterr().out
    assert "aberration_nm.z11" in said and "light and background" in said
    table = tomllib.loads((there / "twin.toml").read_text(encoding="utf-8"))
    (driver,) = table["driver"]
    kind = driver_kind("sim.microscope")
    truth = kind.open(kind.options({"seed": 1}, there)).truth.aberration_nm  # type: ignore[attr-defined]
    off = np.array(driver["aberration_nm"]) - np.array(list(truth.values()))
    assert np.linalg.norm(off) < 10
    options = ["--rig", "twin.toml", "--trials", "2", "--db", "sqlite:///twin.db"]
    assert run(["run", "session.toml", *options]) == 0


WRONG = {
    "no frames": (1, BLANK, "its frames were not kept"),
    "not simulated": (
        0,
        BLANK.replace("sim.microscope", "modal")
        .replace("scene_um = 60\n", "")
        .replace("seed = 50\n", ""),
        "cannot be fitted",
    ),
    "not of this kind": (
        0,
        re.sub(r"seed = 50\nheight.*\nwidth.*\nscene.*\n", "", BLANK).replace(
            "sim.microscope", "sim.tomography"
        ),
        "cannot be fitted",
    ),
    "phase": (0, BLANK.replace("seed = 50", 'contrast = "phase"'), "phase"),
    "bleaches": (0, BLANK.replace("seed = 50", "bleaching = true"), "bleaches"),
    "another camera": (0, BLANK.replace("height_px = 64", "height_px = 48"), "rig's camera gives"),
    "no noise": (0, BLANK.split("[noise]")[0], "noise"),
}


@pytest.mark.parametrize(("place", "rig", "told"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_fitted_is_one_line_and_nothing_is_written(
    there: Path, capsys: pytest.CaptureFixture[str], place: int, rig: str, told: str
) -> None:
    (there / "blank.toml").write_text(rig, encoding="utf-8")
    assert run(["twin", "fit", session(there, place), "blank.toml", "-o", "bad.toml"]) == 2
    said = capsys.readouterr().err
    assert told in said and len(said.splitlines()) == 1
    assert not list(there.glob("bad*"))


@pytest.mark.parametrize("output", ["blank.toml", "twin.txt", "no/folder.toml"])
def test_the_twin_needs_a_place_of_its_own(
    there: Path, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    assert run(["twin", "fit", "last", "blank.toml", "-o", output]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_rig_that_does_not_explain_the_frames_gives_no_twin(
    there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # a third of the aperture: the frames show what it does not pass, whatever else is fitted
    rig = BLANK.replace("seed = 50", "seed = 50\nnumerical_aperture = 0.4")
    (there / "blank.toml").write_text(rig, encoding="utf-8")
    status = run(["twin", "fit", session(there, 0), "blank.toml", "-o", "bad.toml"])
    assert status == 1
    said = capsys.readouterr().err
    assert "does not explain" in said and "residuals are" in said
    assert not list(there.glob("bad*"))


def test_further_unknowns_are_fitted_and_stand_in_the_twins_file(
    there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["twin", "fit", session(there, 0), "blank.toml", "-o", "more.toml"]
    assert run([*given, "--also", "axis_scale, gain"]) == 0
    said = capsys.readouterr().out
    assert "axis_scale.focus.z_um" in said and "light / gain" in said
    table = tomllib.loads((there / "more.toml").read_text(encoding="utf-8"))
    (driver,) = table["driver"]
    assert set(driver["axis_scale"]) and all(0.8 < v < 1.2 for v in driver["axis_scale"].values())
    assert driver["gain_e_per_adu"] == table["noise"]["gain_e_per_adu"] != 0.5
    assert run(["rig", "check", "more.toml"]) == 0
    capsys.readouterr()
    assert run([*given, "--also", "axis_scales"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "axis_scales" in line and "axis_scale" in line


SKY = """\
name = "sky"
camera = "camera"

[[driver]]
kind = "sim.satellite"
seed = 4
side_px = 32
focus_offset_um = 15

[noise]
kind = "camera"
gain_e_per_adu = 8
offset_adu = 20
read_noise_e = 12
bit_depth = 12
"""
ORBIT = """\
name = "focus and time"
rig = "sky.toml"
trials = 4
seed = 1

[[search]]
setting = "telescope.focus_um"
low = -60
high = 60

[[search]]
setting = "camera.exposure_ms"
low = 0.4
high = 1.2

[fixed]
"camera.line_rate_khz" = 0.7

[measure]
keep_frames = "all"
fields = [
  { "pointing.along_km" = -1.2, "pointing.across_km" = -1.2 },
  { "pointing.along_km" = 1.2, "pointing.across_km" = 1.2 },
]

[estimator]
kind = "stationary"

[constraints]
max_saturated_share = 0.001

[sampler]
kind = "random"
"""


def test_a_satellite_has_a_twin_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sky.toml").write_text(SKY, encoding="utf-8")
    blank = SKY.replace("seed = 4", "seed = 9").replace("focus_offset_um = 15\n", "")
    (tmp_path / "blank.toml").write_text(blank, encoding="utf-8")
    (tmp_path / "session.toml").write_text(ORBIT, encoding="utf-8")
    there = ["--db", "sqlite:///sky.db"]
    assert run(["run", "session.toml", *there]) == 0
    capsys.readouterr()
    given = ["twin", "fit", "last", "blank.toml", "-o"]
    assert run([*given, "gained.toml", "--also", "gain", *there]) == 0
    assert "light / gain" in capsys.readouterr().out
    table = tomllib.loads((tmp_path / "gained.toml").read_text(encoding="utf-8"))
    gain = table["driver"][0]["gain_e_per_adu"]
    assert gain == table["noise"]["gain_e_per_adu"] == pytest.approx(8, rel=0.15)
    other = (tmp_path / "blank.toml").read_text(encoding="utf-8")
    (tmp_path / "other.toml").write_text(
        other.replace("gain_e_per_adu = 8", "gain_e_per_adu = 1"), encoding="utf-8"
    )
    assert run(["twin", "fit", "last", "other.toml", "-o", "o.toml", "--also", "gain", *there]) == 2
    said = capsys.readouterr().err
    assert "[noise] states 1" in said and said.count("\n") == 1
    assert run(["twin", "fit", "last", "blank.toml", "-o", "twin.toml", *there]) == 0
    said = capsys.readouterr().out
    assert "exposure_offset_ms" in said and "not told  haze" in said
    table = tomllib.loads((tmp_path / "twin.toml").read_text(encoding="utf-8"))
    assert table["driver"][0]["focus_offset_um"] == pytest.approx(15, abs=8)
    kind = driver_kind("sim.satellite")
    table["driver"][0].pop("kind")
    kind.open(kind.options(table["driver"][0], tmp_path)).close()
