"""Which simulated rig may be the model; everything else is refused in one line, unopened."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hil.calibration.rig_noise import RigNoise
from hil.errors import InputError
from hil.noise.gaussian_map import GaussianMapNoise
from hil.records.knowledge import Knowledge, ModelText
from hil.session.model.file import check_axes, check_lit, check_model, check_noise, model_of
from hil.spec import SearchAxis, load_session_file
from tests.hil.session.model.model_session import BLANK, HIDDEN, SESSION, STATED
from tests.hil.twin.small_microscope import NOISE

REAL = """\
name = "real"
camera = "Camera"

[[driver]]
kind = "micromanager"
config = "demo.cfg"

[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6

[[park]]
set = { "Camera.Binning" = "1" }
"""


def model(folder: Path, rig: str = STATED, named: str = "", other: str = BLANK) -> ModelText | None:
    (folder / "rig.toml").write_text(rig, encoding="utf-8")
    (folder / "blank.toml").write_text(other, encoding="utf-8")
    text = SESSION.replace('"model"\n', f'"model"\nmodel = "{named}"\n') if named else SESSION
    (folder / "session.toml").write_text(text, encoding="utf-8")
    return check_model(load_session_file(folder / "session.toml"))


def starts(found: ModelText | None) -> list[float]:
    assert found is not None
    return [one.start for one in model_of(found).optics.unknowns]


def test_nothing_of_the_truth_is_read_where_the_rig_is_its_own_model(tmp_path: Path) -> None:
    assert starts(model(tmp_path)) == [0.0] * 8
    assert starts(model(tmp_path, named="rig.toml")) == [0.0] * 8, "named, and the same file"
    copied = model(tmp_path, named="blank.toml", other=STATED)
    assert starts(copied) == [0.0] * 8, "a copy of it"
    other = model(tmp_path, named="blank.toml", other=STATED.replace("seed = 1", "seed = 2"))
    assert starts(other) == list(HIDDEN), "what a twin knows from before is where a fit begins"


def test_it_is_stored_with_what_the_session_knows(tmp_path: Path) -> None:
    known = Knowledge(model=model(tmp_path, named="blank.toml"))
    (tmp_path / "blank.toml").unlink()
    assert Knowledge.from_json(known.to_json()) == known
    assert starts(known.model) == [0.0] * 8
    assert Knowledge.from_json({}).model is None


REFUSED = [
    ("no file of its own for a rig that is real", REAL, "", BLANK, "real.*|not simulated"),
    ("a file that is not there", STATED, "twin.toml", BLANK, "'twin.toml' is no file in"),
    ("a rig that is real", STATED, "blank.toml", REAL, "'micromanager' cannot be fitted, allowed"),
    (
        "another kind of rig",
        STATED,
        "blank.toml",
        BLANK.replace("sim.microscope", "sim.tomography"),
        "'sim.tomography' cannot be fitted, allowed: sim.microscope, sim.satellite, slm.simulated",
    ),
    (
        "a rig that is fitted otherwise",
        STATED,
        "blank.toml",
        re.sub(r"(height|width|scene)_.*\n", "", BLANK.replace("sim.microscope", "sim.satellite")),
        "'sim.satellite' can be fitted, but no search be led by it, allowed: 'sim.microscope',",
    ),
    (
        "a sample that bleaches",
        STATED,
        "blank.toml",
        BLANK.replace("scene_um = 60", "scene_um = 60\nbleaching = true"),
        "bleaches",
    ),
]


@pytest.mark.parametrize(
    ("rig", "named", "other", "said"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
def test_what_cannot_be_the_model_is_refused(
    tmp_path: Path, rig: str, named: str, other: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        model(tmp_path, rig, named, other)
    assert "\n" not in str(refused.value)


def test_it_corrects_by_the_latest_frames_and_so_is_not_a_trial_ahead(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(STATED, encoding="utf-8")
    ahead = SESSION.replace("[measure]\n", "[measure]\npipeline = true\n")
    (tmp_path / "session.toml").write_text(ahead, encoding="utf-8")
    with pytest.raises(InputError, match=r"measure\.pipeline: true, not with the sampler model"):
        load_session_file(tmp_path / "session.toml")


def test_what_the_model_cannot_correct_is_not_searched(tmp_path: Path) -> None:
    found = model(tmp_path)
    assert found is not None
    mode = SearchAxis(setting="mirror.z5_nm", low=-1, high=1)
    check_axes(found, [mode, replace_axis(mode, "focus.z_um")], tmp_path)
    with pytest.raises(InputError, match=r"search.1.setting.*light.power_mw.*allowed: mirror.z4"):
        check_axes(found, [mode, replace_axis(mode, "light.power_mw")], tmp_path)


def test_a_dark_model_and_noise_with_maps_are_refused(tmp_path: Path) -> None:
    found = model(
        tmp_path, named="blank.toml", other=BLANK.replace('power_mw" = 5.0', 'power_mw" = 0.0')
    )
    assert found is not None
    check_lit(found, {"light.power_mw": 1.0})
    with pytest.raises(InputError, match=r"setup.*dark at light.power_mw = 0.0.*lights it"):
        check_lit(found, {})
    check_noise(RigNoise(NOISE), tmp_path)
    maps = GaussianMapNoise(np.ones((4, 4)))
    with pytest.raises(InputError, match=r"noise.*GaussianMapNoise.*allowed: noise without maps"):
        check_noise(RigNoise(maps), tmp_path)


def replace_axis(axis: SearchAxis, setting: str) -> SearchAxis:
    return axis.model_copy(update={"setting": setting})


def test_frames_that_are_not_kept_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(STATED, encoding="utf-8")
    (tmp_path / "session.toml").write_text(SESSION.replace('"first"', '"none"'), encoding="utf-8")
    with pytest.raises(InputError, match=r"keep_frames.*allowed: all, first"):
        load_session_file(tmp_path / "session.toml")
