"""`hil calibrate` on simulated cameras: numbers that equal the truth, a rig that is always parked,
and a calibration that is used for what it was made for and for nothing else."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

import hil
from hil.calibration.calibrate import CalibrationProgress, CalibrationRefused, calibrate_rig
from hil.calibration.stored import fit_of, stored_noise
from hil.cli.main import run
from hil.errors import InputError, Interrupted
from hil.measure.measure import measure_rig
from hil.noise import DualGainNoise
from hil.session.run import resume_session, run_session
from hil.store import Database
from hil.supervision.stop import StopSwitch
from tests.hil.small_session import BY_DEFAULT

CALIBRATE = """
[calibrate]
repeats = 8
dark = { set = { "light.power_mw" = 0, "camera.exposure_ms" = 0.1 } }
vary = { setting = "camera.exposure_ms", low = 2, high = 400, points = 4 }
flat = { set = { "camera.exposure_ms" = 100 }, frames = 8 }
"""
RIG = f"""\
name = "small scope"
camera = "camera"

[[driver]]
kind = "sim.microscope"
seed = 1
height_px = 64
width_px = 64
scene_um = 60
gain_e_per_adu = 0.7
offset_adu = 205.3
read_noise_e = 2.3

[noise]
calibration = "latest"

[setup]
"light.power_mw" = 1.0
"camera.exposure_ms" = 20.0

[[park]]
set = {{ "light.power_mw" = 0 }}
{CALIBRATE}"""


@dataclass
class Bench:
    """A folder with a rig, its database, and how to ask it."""

    folder: Path

    @property
    def rig(self) -> Path:
        return self.folder / "rig.toml"

    @property
    def url(self) -> str:
        return f"sqlite:///{(self.folder / 'hil.db').as_posix()}"

    def database(self) -> Database:
        return hil.open_database(self.url)

    def events(self) -> list[str]:
        with self.database() as database:
            return list(database.events()["kind"])

    def write(self, old: str, new: str, name: str = "rig.toml") -> Path:
        assert old in RIG
        path = self.folder / name
        path.write_text(RIG.replace(old, new), encoding="utf-8")
        return path

    def session(self, old: str = "", new: str = "", rig: str = "rig.toml") -> Path:
        text = BY_DEFAULT.replace("rig.toml", rig).replace("trials = 6", "trials = 2")
        path = self.folder / "session.toml"
        path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a camera was calibrated, to be copied."""
    bench = Bench(tmp_path_factory.mktemp("made"))
    bench.rig.write_text(RIG, encoding="utf-8")
    calibrate_rig(bench.rig, bench.url, note="first light")
    return bench.folder


@pytest.fixture
def bench(made: Path, tmp_path: Path) -> Bench:
    """A rig with a calibration."""
    shutil.copytree(made, tmp_path / "bench")
    return Bench(tmp_path / "bench")


@pytest.fixture
def bare(tmp_path: Path) -> Bench:
    """A rig without one."""
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    return Bench(tmp_path)


def test_the_numbers_equal_the_truth_within_their_uncertainties(bench: Bench) -> None:
    with bench.database() as database:
        record = database.calibration()
        fit = fit_of(record, database)
    for value, sd, truth in (
        (fit.gain_e_per_adu, fit.gain_e_per_adu_sd, 0.7),
        (fit.offset_adu, fit.offset_adu_sd, 205.3),
        (fit.read_noise_e, fit.read_noise_e_sd, 2.3),
    ):
        assert abs(value - truth) < 4 * sd
        assert sd < 0.02 * truth
    assert record.noise["gain_e_per_adu"] == fit.gain_e_per_adu
    assert record.detail["tie"]["settings"] == {"camera.binning": 1}
    assert (record.rig, record.camera, record.note) == ("small scope", "camera", "first light")
    assert "numpy" in record.detail["versions"]
    assert bench.events() == ["calibrate", "park"]


def test_a_session_uses_it_and_keeps_it_when_a_newer_one_comes(bench: Bench) -> None:
    stop = StopSwitch()

    def press(snapshot: object) -> None:
        if getattr(snapshot, "n_complete", 0) == 1:
            stop.press("enough")

    first = run_session(bench.session(), bench.url, observer=press, stop=stop)
    with bench.database() as database:
        record = database.calibration()
        assert database.session("last").calibration_id == record.id
        stored = hil.calibration.stored_noise(database)
        truth = hil.noise.CameraNoise(0.7, 205.3, 2.3)
        frames = database.frames("last", 0)
        measured = database.estimates("last").iloc[0]
        exact = hil.estimate_information(frames, truth)
    assert abs(measured["bits_per_pixel"] - exact.bits_per_pixel) < 0.02
    sure = hil.estimate_information(frames, stored.model, seed=4)
    assert measured["bits_per_pixel"] == pytest.approx(sure.bits_per_pixel, abs=1e-9)
    assert measured["ci_high"] - measured["ci_low"] > sure.ci_high - sure.ci_low
    assert 0 < stored.variance_relative_sd < 0.02
    newer = calibrate_rig(bench.rig, bench.url, repeats=6).record
    resumed = resume_session(first.session_id, bench.url)
    assert resumed.n_complete == 2
    with bench.database() as database:
        assert database.calibration().id == newer.id
        assert database.session("last").calibration_id == record.id


class Other(NamedTuple):
    name: str
    old: str
    new: str
    says: str


OTHERS = [
    Other("binning", "[setup]", '[setup]\n"camera.binning" = 2', "camera.binning was 1, now 2"),
    Other("another camera", "seed = 1", "seed = 2", "the camera's serial number was 'sim-"),
    Other("no such id", '"latest"', '"ffffffff"', "there is no calibration whose id begins so"),
    Other("another rig", '"small scope"', '"big scope"', "there is no calibration of rig 'big scope'"),
]  # fmt: skip


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case.name)
def test_one_that_does_not_fit_is_refused_before_anything_moves(case: Other, bench: Bench) -> None:
    rig = bench.write(case.old, case.new)
    before = bench.events()
    for work in (
        lambda: run_session(bench.session(), bench.url),
        lambda: measure_rig(rig, bench.url),
    ):
        with pytest.raises(InputError) as caught:
            work()
        assert case.says in str(caught.value)
        assert "hil calibrate" in str(caught.value)
    assert bench.events() == before
    with bench.database() as database:
        assert len(database.sessions()) == 0


def test_a_calibration_of_another_rig_is_refused_by_its_name(bench: Bench) -> None:
    with bench.database() as database:
        key = database.calibration().id
    text = RIG.replace('"latest"', f'"{key[:8]}"').replace('"small scope"', '"big scope"')
    bench.rig.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="the rig was 'small scope', now 'big scope'"):
        run_session(bench.session(), bench.url)


def test_what_only_shows_once_the_rig_is_set_up_stops_the_session_in_good_order(
    bench: Bench,
) -> None:
    """The session holds a setting that the calibration was not made for."""
    path = bench.session("[measure]", '[fixed]\n"camera.binning" = 2\n\n[measure]')
    with pytest.raises(InputError, match=r"camera\.binning was 1, now 2"):
        run_session(path, bench.url)


def test_an_older_one_that_fits_is_named(bench: Bench) -> None:
    with bench.database() as database:
        older = database.calibration().id
    calibrate_rig(bench.write("[setup]", '[setup]\n"camera.binning" = 2'), bench.url)
    bench.rig.write_text(RIG, encoding="utf-8")
    with pytest.raises(InputError, match=f"name calibration {older[:8]}, which fits"):
        run_session(bench.session(), bench.url)
    bench.write('"latest"', f'"{older[:8]}"')
    assert run_session(bench.session(), bench.url).n_complete == 2


def test_a_person_may_accept_one_that_does_not_fit(bench: Bench) -> None:
    bench.write("seed = 1", "seed = 2")
    result = run_session(bench.session(), bench.url, accept_calibration=True)
    assert result.n_complete == 2
    with bench.database() as database:
        events = database.events("last")
    accepted = events[events["kind"] == "calibration_accepted"]["detail"].iloc[0]
    assert "serial number" in accepted["differences"][0]


def test_a_search_over_what_it_is_tied_to_is_refused(bench: Bench) -> None:
    path = bench.session(
        'setting = "focus.z_um"\nlow = -1\nhigh = 1',
        'setting = "camera.binning"\nchoices = [1, 2]\n\n[objective]\nmaximize = "bits_per_frame"',
    )
    with pytest.raises(InputError) as caught:
        run_session(path, bench.url, accept_calibration=True)
    assert "search.1.setting: camera.binning changes the camera's noise" in str(caught.value)


def test_without_a_database_it_says_how_to_make_one(bare: Bench) -> None:
    with pytest.raises(InputError, match=r"no database yet; `hil calibrate rig\.toml` makes one"):
        run_session(bare.session(), bare.url)
    assert not (bare.folder / "hil.db").exists()


def test_two_databases_have_their_own(bench: Bench) -> None:
    url = f"sqlite:///{(bench.folder / 'other.db').as_posix()}"
    hil.open_database(url, create=True).close()
    with pytest.raises(InputError, match=r"no calibration of rig 'small scope' in .*other\.db"):
        run_session(bench.session(), url)


def test_frames_that_show_too_little_are_refused_and_nothing_is_stored(bare: Bench) -> None:
    text = RIG.replace("low = 2, high = 400, points = 4", "low = 0.2, high = 0.4, points = 3")
    bare.rig.write_text(text, encoding="utf-8")
    with pytest.raises(CalibrationRefused) as caught:
        calibrate_rig(bare.rig, bare.url, repeats=4)
    assert any("gain" in problem for problem in caught.value.problems)
    assert bare.events() == ["calibrate", "park", "calibration_refused"]
    with bare.database() as database:
        assert len(database.calibrations()) == 0


def test_a_flat_field_with_a_sample_is_refused(bare: Bench) -> None:
    with pytest.raises(CalibrationRefused, match="the flat field is not flat"):
        calibrate_rig(bare.rig, bare.url, flat=True)
    with bare.database() as database:
        assert len(database.calibrations()) == 0


def test_a_stop_is_heard_and_the_rig_is_parked(bare: Bench) -> None:
    stop = StopSwitch()

    def press(progress: CalibrationProgress) -> None:
        if progress.done >= 16:
            stop.press("enough")

    with pytest.raises(Interrupted, match="enough"):
        calibrate_rig(bare.rig, bare.url, observer=press, stop=stop)
    assert bare.events() == ["calibrate", "park"]
    with bare.database() as database:
        assert len(database.calibrations()) == 0


@pytest.fixture
def slow(bare: Bench) -> Iterator[subprocess.Popen[str]]:
    """A calibration in a process of its own, that takes its time."""
    text = RIG.replace("seed = 1", "seed = 1\nrealtime = true").replace(
        "low = 2, high = 400", "low = 1900, high = 2000"
    )
    bare.rig.write_text(text, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "hil.cli", "calibrate", "rig.toml", "--db", bare.url],
        cwd=bare.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "lit" in line:
            break
    yield process
    process.kill()
    process.communicate()


def test_when_it_is_killed_its_guardian_parks(bare: Bench, slow: subprocess.Popen[str]) -> None:
    slow.kill()
    slow.wait()
    deadline = time.monotonic() + 60
    while "guardian_park" not in bare.events():
        assert time.monotonic() < deadline, "the guardian did not park"
        time.sleep(0.1)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process")
def test_ctrl_c_parks_within_the_exposure(bare: Bench, slow: subprocess.Popen[str]) -> None:
    slow.send_signal(signal.SIGINT)
    assert slow.wait(timeout=60) == 130
    assert bare.events() == ["calibrate", "park"]


def test_from_the_command_line(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench.folder)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    even = RIG.replace("seed = 1", 'seed = 1\nscene = "flat"\naberration_rms_nm = 0')
    bench.rig.write_text(even, encoding="utf-8")
    assert run(["calibrate", "rig.toml", "--flat", "--note", "[bold]night"]) == 0
    said = capsys.readouterr().out
    for words in ("gain", "e/ADU", "camera.binning = 1", "serial number: sim-"):
        assert words in said
    assert (bench.folder / "calibration.png").read_bytes().startswith(b"\x89PNG")
    assert run(["calibrations", "--rig", "small scope", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["note"] for row in rows] == ["[bold]night", "first light"]
    with bench.database() as database:
        maps = database.calibration_maps(database.calibration())
    assert maps["response"].shape == (64, 64)
    assert run(["measure", "rig.toml", "-n", "3", "--format", "json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["calibration"] == rows[0]["calibration_id"]
    assert 0.97 < measured["found"]["noise_variance_ratio"] < 1.03
    assert bench.events()[-3:] == ["measure", "park", "measured"]
    assert run(["measure", "rig.toml", "-n", "3", "--session", str(bench.session())]) == 0
    assert "4, 2 frames each" in capsys.readouterr().out


class Mistake(NamedTuple):
    name: str
    arguments: list[str]
    says: str


MISTAKES = [
    Mistake("no recipe", ["calibrate", "bare.toml"], "calibrate: missing"),
    Mistake("no noise", ["measure", "bare.toml"], "noise: missing"),
    Mistake("no flat recipe", ["calibrate", "unflat.toml", "--flat"], "calibrate.flat: missing"),
    Mistake("too few frames", ["calibrate", "rig.toml", "--repeats", "2"], "--repeats"),
    Mistake("no picture", ["calibrate", "rig.toml", "--plot", "a.txt"], "a .png, .pdf or .svg file"),
    Mistake("a folder", ["calibrate", "rig.toml", "--plot", "folder.png"], "cannot be written there"),
    Mistake("dark at another binning", ["calibrate", "binned.toml"],
            "camera.binning is asked to be"),
    Mistake("no such rig", ["measure", "none.toml"], "none.toml: no such file"),
    Mistake("too few", ["measure", "rig.toml", "-n", "2"], "-n"),
    Mistake("no such calibration", ["estimate", "f.npy", "--noise", "calibration:ffff"], "id begins"),
]  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.name)
def test_mistakes_are_one_line_and_write_nothing(
    case: Mistake,
    bench: Bench,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(bench.folder)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    plain = RIG.replace(CALIBRATE, "").replace('[noise]\ncalibration = "latest"\n', "")
    (bench.folder / "bare.toml").write_text(plain, encoding="utf-8")
    bench.write('"camera.exposure_ms" = 0.1', '"camera.binning" = 2', "binned.toml")
    (bench.folder / "folder.png").mkdir()
    bench.write('flat = { set = { "camera.exposure_ms" = 100 }, frames = 8 }', "", "unflat.toml")
    events = bench.events()
    assert run(case.arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert case.says in error
    assert bench.events() == events
    assert not (bench.folder / "calibration.png").exists()


def test_a_flat_field_takes_the_pixels_own_pattern_out(bare: Bench) -> None:
    """1 % of response and 4 ADU of offset over the pixels, which look like a scene otherwise."""
    uneven = 'seed = 1\nscene = "flat"\naberration_rms_nm = 0\ngain_sd = 0.01\noffset_sd_adu = 4'
    text = RIG.replace("seed = 1", uneven).replace("= 100 }, frames = 8", "= 300 }, frames = 60")
    bare.rig.write_text(text, encoding="utf-8")
    calibrate_rig(bare.rig, bare.url, flat=True)
    plain = bare.folder / "plain.toml"
    plain.write_text(text.replace('"latest"', '"latest"\nmaps = false'), encoding="utf-8")
    session = bare.session("[measure]", '[fixed]\n"camera.exposure_ms" = 200\n\n[measure]')
    corrected = measure_rig(bare.rig, bare.url, session=session, measurements=3).found
    as_it_is = measure_rig(plain, bare.url, session=session, measurements=3).found
    assert as_it_is.bits_per_pixel > 0.05
    assert abs(corrected.bits_per_pixel) < 0.02


def test_two_gains_in_one_image_are_stored_and_used(bare: Bench) -> None:
    """Beyond 700 electrons a second converter reads, with 20 electrons of noise."""
    text = bare.rig.read_text(encoding="utf-8").replace("height_px = 64", "height_px = 160")
    text = text.replace("width_px = 64", "width_px = 160").replace("repeats = 8", "repeats = 12")
    second = "low_gain_from_e = 700\nlow_gain_read_noise_e = 20"
    text = text.replace("read_noise_e = 2.3", f"read_noise_e = 2.3\n{second}")
    bare.rig.write_text(text.replace("points = 4", "points = 8"), encoding="utf-8")
    done = calibrate_rig(bare.rig, bare.url)
    assert done.record.noise["kind"] == "dual_gain"
    with bare.database() as database:
        model = stored_noise(database).model
        with pytest.raises(InputError, match="two gains"):
            stored_noise(database, maps=True)
    assert isinstance(model, DualGainNoise)
    assert model.gain_e_per_adu == pytest.approx(0.7, rel=0.02)
    assert model.gain_above_e_per_adu == pytest.approx(0.7, rel=0.05)
    assert model.join_adu == pytest.approx(205.3 + 700 / 0.7, rel=0.3)
    assert model.read_noise_above_e == pytest.approx(20, rel=0.3)
    assert measure_rig(bare.rig, bare.url).calibration == done.record.id
