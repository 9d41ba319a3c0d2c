"""What is planted between modes and wavefront is found in the frames, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.cli.main import run
from tests.drivers.modal.mirrors import MODES, TABLE, write_mirror

MICROSCOPE = """
[driver.microscope]
seed = 7
aberration_rms_nm = 80
height_px = 96
width_px = 96
scene_um = 60.0

[setup]
"light.power_mw" = 2.0
"camera.exposure_ms" = 10.0

[[park]]
set = { "light.power_mw" = 0 }
"""


def write_rig(folder: Path, **changes: Any) -> Path:
    write_mirror(folder)
    table = {k: v for k, v in TABLE.items() if k != "array"} | {"backlash": 0.02} | changes
    lines = "\n".join(f"{key} = {value!r}" for key, value in table.items())
    path = folder / "rig.toml"
    path.write_text(
        f'name = "scope"\ncamera = "camera"\n[[driver]]\nkind = "modal.simulated"\n{lines}\n'
        + MICROSCOPE,
        encoding="utf-8",
    )
    return path


def told(out: str) -> dict[str, str]:
    return dict(re.findall(r"^mirror\.(\w+) +changes [^:]*: (.*)$", out, re.MULTILINE))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_signs_cross_talk_and_dead_modes_are_told_against_a_reference(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = str(write_rig(folder))
    assert run(["modes", "check", rig, "--save", "ref.npz", "--plot", "modes.png"]) == 0
    out = capsys.readouterr().out
    assert told(out) == dict.fromkeys(MODES, "moves and returns")
    assert "not told without a reference" in out
    assert (folder / "modes.png").stat().st_size > 10_000

    # other frames than the reference's, of the same mirror: nothing is found
    assert run(["modes", "check", rig, "--against", "ref.npz", "--repeats", "12"]) == 0
    assert told(capsys.readouterr().out) == dict.fromkeys(MODES, "moves and returns")

    response = np.eye(len(MODES))
    response[1, 1] = -1.0  # z5 turned
    response[3, 3] = 0.0  # z7 dead
    response[2, 4] = 0.6  # z8 leaks into z6
    np.save(folder / "response.npy", response)
    rig = str(write_rig(folder, response="response.npy"))
    assert run(["modes", "check", rig, "--against", "ref.npz"]) == 1
    found = told(capsys.readouterr().out)
    assert found["z5_nm"] == "its sign is turned"
    assert found["z7_nm"].startswith("does not move the frames")
    assert re.fullmatch(r"cross-talk: moves mirror\.z6_nm too, by \+\d\d%", found["z8_nm"])
    others = {"z4_nm", "z6_nm", "z9_nm", "z10_nm", "z11_nm"}
    assert {found[mode] for mode in others} == {"moves and returns"}


def test_a_mirror_that_lags_does_not_return(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = str(write_rig(folder, backlash=0.0, hysteresis=0.004))
    assert run(["modes", "check", rig, "--mode", "mirror.z4_nm"]) == 1
    assert "does not return" in told(capsys.readouterr().out)["z4_nm"]
    rig = str(write_rig(folder, backlash=0.02, hysteresis=0.004))
    assert run(["modes", "check", rig, "--mode", "mirror.z4_nm"]) == 0


def test_two_modes_that_do_the_same_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    response = np.eye(len(MODES))
    response[:, 2] = response[:, 1]
    np.save(folder / "response.npy", response)
    rig = str(write_rig(folder, response="response.npy"))
    assert run(["modes", "check", rig, "--mode", "mirror.z5_nm", "--mode", "mirror.z6_nm"]) == 1
    assert "as mirror.z5_nm does" in told(capsys.readouterr().out)["z6_nm"]


def test_another_sample_is_no_reference(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rig = write_rig(folder)
    assert run(["modes", "check", str(rig), "--mode", "mirror.z4_nm", "--save", "ref.npz"]) == 0
    rig.write_text(
        rig.read_text(encoding="utf-8").replace("seed = 7", "seed = 8"), encoding="utf-8"
    )
    assert run(["modes", "check", str(rig), "--mode", "mirror.z4_nm", "--against", "ref.npz"]) == 0
    assert "another sample, place or light" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--amplitude", "5000"], "leaves mirror.z4_nm's range"),
        (["--amplitude", "-1"], "above 0"),
        (["--mode", "mirror.z99_nm"], "no setting 'mirror.z99_nm'"),
        (["--against", "none.npz"], "no reference of modes"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert run(["modes", "check", str(write_rig(folder)), *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
