"""`hil design` on a small simulated microscope, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

import hil
from hil.design import design_session
from hil.errors import InputError

RIG = """
name = "small scope"
camera = "camera"

[[driver]]
kind = "sim.microscope"
height_px = 48
width_px = 48
seed = 3

[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6

[setup]
"light.power_mw" = 2.0
"camera.exposure_ms" = 20

[[park]]
set = { "light.power_mw" = 0.0 }
"""
SESSION = """
name = "by gradient"
rig = "rig.toml"
trials = 10

[[search]]
setting = "mirror.z4_nm"
low = -150
high = 150

[[search]]
setting = "mirror.z6_nm"
low = -150
high = 150

[measure]
grid = { columns = 2, rows = 2, step_um = 20 }

[estimator]
kind = "stationary"
patch_size = 8
"""
JOINT = """
[[limits_together]]
settings = ["mirror.z4_nm", "mirror.z6_nm"]
rule = "sum_abs"
high = 20
"""


def written(folder: Path, rig: str = RIG, session: str = SESSION) -> Path:
    (folder / "rig.toml").write_text(rig, encoding="utf-8")
    (folder / "session.toml").write_text(session, encoding="utf-8")
    return folder / "session.toml"


def test_designs_take_the_hidden_aberration_away_and_are_measured(tmp_path: Path) -> None:
    session = written(tmp_path)
    url = f"sqlite:///{tmp_path.as_posix()}/hil.db"
    said: list[str] = []
    result = design_session(session, url, starts=4, followed=1, measured=2, said=said.append)
    assert result.best is not None
    assert result.best.number > 0  # trial 0 is where the rig stood
    assert said[0] == "looks at 4 settings"
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        hidden = rig.truth.aberration_nm
    with hil.open_database(url) as database:
        trials = database.trials(result.session_id)
    assert 2 <= len(trials) <= 3  # designs that came to the same are one
    for mode in ("z4_nm", "z6_nm"):
        found = float(result.best_settings[f"mirror.{mode}"])
        assert found == pytest.approx(-hidden[mode.removesuffix("_nm")], abs=25)


def test_designs_keep_the_limits_across_settings(tmp_path: Path) -> None:
    session = written(tmp_path, RIG + JOINT)
    url = f"sqlite:///{tmp_path.as_posix()}/hil.db"
    result = design_session(session, url, starts=4, followed=1, measured=1)
    with hil.open_database(url) as database:
        trials = database.trials(result.session_id)
    sums = trials["mirror.z4_nm"].abs() + trials["mirror.z6_nm"].abs()
    assert (sums <= 20 + 1e-6).all()
    assert sums.iloc[-1] > 15  # the limit is what stops it


def test_the_setup_of_the_rig_counts(tmp_path: Path) -> None:
    rig = RIG.replace("[setup]", '[setup]\n"focus.z_um" = 0.5')
    url = f"sqlite:///{tmp_path.as_posix()}/hil.db"
    result = design_session(written(tmp_path, rig), url, starts=4, followed=1, measured=1)
    with hil.load_rig(tmp_path / "rig.toml") as opened:
        hidden = opened.truth.aberration_nm["z4"]
    assert abs(float(result.best_settings["mirror.z4_nm"]) + hidden) > 20  # it takes defocus off


@pytest.mark.parametrize(
    ("rig", "session", "message"),
    [
        (RIG, SESSION + '\n[objective]\nmaximize = "bits_per_mj"\n', "bits_per_"),
        (
            RIG,
            SESSION.replace("columns = 2, rows = 2", "columns = 1, rows = 1"),
            "allowed: 2 or more",
        ),
    ],
)
def test_what_cannot_be_designed_is_said_and_nothing_is_written(
    tmp_path: Path, rig: str, session: str, message: str
) -> None:
    url = f"sqlite:///{tmp_path.as_posix()}/hil.db"
    with pytest.raises(InputError, match=message):
        design_session(written(tmp_path, rig, session), url)
    assert not (tmp_path / "hil.db").exists()
