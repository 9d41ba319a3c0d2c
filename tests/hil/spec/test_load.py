"""Every mistake in a file is one line that names file, key, value and what is allowed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from hil.errors import InputError
from hil.spec import load_rig_file, load_session_file

RIG = """\
name = "demo scope"
camera = "camera"

[[driver]]
kind = "sim.microscope"
seed = 1

[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6

[limits."mirror.z5_nm"]
low = -100
high = 100

[[park]]
set = { "light.power_mw" = 0 }
"""

SESSION = """\
name = "sharpen"
rig = "rig.toml"
trials = 10

[[search]]
setting = "mirror.z5_nm"
low = -100
high = 100
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    (tmp_path / "session.toml").write_text(SESSION, encoding="utf-8")
    return tmp_path


def test_the_two_files_of_the_design_are_read(folder: Path) -> None:
    file = load_session_file(folder / "session.toml")
    assert file.spec.search[0].setting == "mirror.z5_nm"
    assert file.rig.spec.driver[0].options == {"seed": 1}
    assert file.rig.text == RIG


def test_a_byte_order_mark_does_no_harm(folder: Path) -> None:
    (folder / "rig.toml").write_text(RIG, encoding="utf-8-sig")
    assert load_rig_file(folder / "rig.toml").spec.name == "demo scope"


class Mistake(NamedTuple):
    name: str
    old: str
    new: str
    key: str
    says: str


SESSION_MISTAKES = [
    Mistake("not TOML", 'name = "sharpen"', "name =", "", "not TOML: Invalid value"),
    Mistake("misspelt key", "trials", "trails", "trails", "did you mean 'trials'?"),
    Mistake("misspelt deep key", "low", "lwo", "search.0.lwo", "did you mean 'low'?"),
    Mistake("missing key", 'name = "sharpen"\n', "", "name", "missing"),
    Mistake("wrong type", "trials = 10", 'trials = "ten"', "trials", "'ten' is wrong"),
    Mistake("a number in quotes", "trials = 10", 'trials = "10"', "trials", "a number, without"),
    Mistake("yes or no", "trials = 10", "trials = true", "trials", "true is wrong, allowed: a num"),
    Mistake("too long", "trials = 10", f"trials = {'9' * 5000}", "", "not TOML: a number of more"),
    Mistake("too few", "trials = 10", "trials = 0", "trials", "greater than or equal to 1"),
    Mistake("not finite", "low = -100", "low = nan", "search.0.low", "a finite number"),
    Mistake("reversed", "low = -100", "low = 150", "search.0", "is above high"),
    Mistake("outside", "low = -100", "low = -150", "search.0.low", "below the rig's limit -100"),
    Mistake("no rig", "rig.toml", "rg.toml", "rig", "is no file"),
    Mistake(
        "setting without a dot", "mirror.z5_nm", "mirror", "search.0.setting", "LABEL.PROPERTY"
    ),
    Mistake(
        "twice", "trials = 10", "trials = 10\nfixed = { 'mirror.z5_nm' = 1 }", "", "also searched"
    ),
    Mistake(
        "no such sampler", "trials = 10", "trials = 10\nsampler.kind = 'ga'", "sampler.kind", "'gp'"
    ),
    Mistake("no kind", "trials = 10", "trials = 10\nsampler.seed = 1", "sampler.kind", "missing"),
    Mistake(
        "another sampler's option",
        "trials = 10",
        "trials = 10\nsampler.kind = 'gp'\nsampler.startup = 3",
        "sampler.startup",
        "did you mean 'startup_trials'?",
    ),
    Mistake(
        "unknown objective",
        "trials = 10",
        "trials = 10\nobjective.maximize = 'snr'",
        "objective.maximize",
        "'bits_per_pixel'",
    ),
    Mistake("log from below zero", "high = 100", "high = 100\nlog = true", "search.0", "above 0"),
    Mistake(
        "range and choices",
        "high = 100",
        "high = 100\nchoices = [1]",
        "search.0",
        "choices go without",
    ),
    Mistake(
        "no repeats", "trials = 10", "trials = 10\nmeasure.repeats = 0", "measure.repeats", "1"
    ),
    Mistake(
        "fewer frames than a trial has",
        "trials = 10",
        "trials = 10\nstop.frames = 3\nmeasure.repeats = 4",
        "",
        "at least 4",
    ),
    Mistake(
        "more light is always better",
        "mirror.z5_nm",
        "camera.exposure_ms",
        "search.0.setting",
        "the answer would always be: more light",
    ),
    Mistake(
        "another version",
        "trials = 10",
        "trials = 10\nspec_version = 2",
        "spec_version",
        "allowed: 1",
    ),
]


@pytest.mark.parametrize("case", SESSION_MISTAKES, ids=lambda case: case.name)
def test_mistakes_in_a_session_file(case: Mistake, folder: Path) -> None:
    assert case.old in SESSION
    path = folder / "session.toml"
    path.write_text(SESSION.replace(case.old, case.new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_session_file(path)
    error = caught.value
    assert (error.where, error.key) == (str(path), case.key)
    assert case.says in error.problem
    assert "\n" not in str(error)


RIG_MISTAKES = [
    Mistake(
        "no driver", '[[driver]]\nkind = "sim.microscope"\nseed = 1\n', "", "driver", "missing"
    ),
    Mistake("impossible noise", "0.5", "-0.5", "noise.gain_e_per_adu", "greater than 0"),
    Mistake("no such noise", '"camera"\ngain', '"cam"\ngain', "noise.kind", "'poisson'"),
    Mistake("reversed", "low = -100", "low = 200", 'limits."mirror.z5_nm"', "is above high"),
    Mistake(
        "parks outside", '"light.power_mw"', '"mirror.z5_nm" = 400, "a.b"', "", "above the rig's"
    ),
    Mistake("no time", "low = -100", "timeout_s = 0", 'limits."mirror.z5_nm".timeout_s', "than 0"),
    Mistake(
        "noise elsewhere, of no such kind",
        "[limits",
        "[[noise_at]]\nwhen = { 'camera.binning' = 2 }\nsigma_adu = 3\n[limits",
        "",
        "noise_at.0.sigma_adu",
    ),
    Mistake(
        "noise elsewhere, impossible",
        "[limits",
        "[[noise_at]]\nwhen = { 'camera.binning' = 2 }\nread_noise_e = -3\n[limits",
        "",
        "noise_at.0.read_noise_e",
    ),
    Mistake(
        "another calibration where a setting reads so",
        "[limits",
        "[[noise_at]]\nwhen = { 'camera.binning' = 2 }\ncalibration = '3f2a'\n[limits",
        "noise_at.0",
        "calibration: goes with channels alone",
    ),
    Mistake(
        "the newest of several calibrations",
        "[limits",
        "[[noise_at]]\nchannels = ['Cy5']\ncalibration = 'latest'\n[limits",
        "noise_at.0.calibration",
        "'latest'",
    ),
    Mistake(
        "noise elsewhere, the same",
        "[limits",
        "[[noise_at]]\nwhen = { 'camera.binning' = 2 }\n[limits",
        "",
        "changes nothing",
    ),
]


@pytest.mark.parametrize("case", RIG_MISTAKES, ids=lambda case: case.name)
def test_mistakes_in_a_rig_file(case: Mistake, folder: Path) -> None:
    assert case.old in RIG
    path = folder / "rig.toml"
    path.write_text(RIG.replace(case.old, case.new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_rig_file(path)
    error = caught.value
    assert (error.where, error.key) == (str(path), case.key)
    assert case.says in error.problem


def test_a_session_needs_the_noise_of_its_camera(folder: Path) -> None:
    text = RIG[: RIG.index("[noise]")] + RIG[RIG.index("[limits") :]
    (folder / "rig.toml").write_text(text, encoding="utf-8")
    load_rig_file(folder / "rig.toml")
    with pytest.raises(InputError, match="noise model"):
        load_session_file(folder / "session.toml")


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_session_file(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(InputError, match="not UTF-8"):
        load_session_file(tmp_path / "binary.toml")


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "a = " + "{ b = " * 20_000])
def test_deep_nesting_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rig.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"rig\.toml: (nested too deeply|not TOML)"):
        load_rig_file(path)


@pytest.mark.parametrize("load", [load_rig_file, load_session_file])
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("folder", "cannot be read"),
        ("huge", "1024 MiB, allowed: up to 16 MiB"),
        ("binary", "not UTF-8 text"),
        ("nul", "not TOML"),
    ],
)
def test_what_has_taken_the_place_of_a_file_is_told_in_one_line(
    tmp_path: Path, load: Callable[[Path], object], kind: str, said: str
) -> None:
    path = tmp_path / "file.toml"
    if kind == "folder":
        path.mkdir()
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(2**30)  # holes: no room is taken, and none of it is read
    else:
        path.write_bytes(b"\x89PNG\xff\x00" if kind == "binary" else b'name = "a\x00b"\n')
    with pytest.raises(InputError, match=said) as refused:
        load(path)
    assert "\n" not in str(refused.value)


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(InputError, match="is a device, allowed: an ordinary file"):
        load_rig_file("/dev/zero")


def test_a_file_far_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "rig.toml").open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(InputError, match="allowed: up to 16 MiB: no rig or session file"):
        load_rig_file(tmp_path / "rig.toml")


def test_what_comes_through_a_pipe_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(RIG.encode())
    assert load_rig_file(f"/dev/fd/{reading}").spec.name == "demo scope"
    os.close(reading)
