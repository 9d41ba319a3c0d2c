"""The examples run as they stand, on the devices that they name."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import hil
from hil.cli.main import run

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_simulated_microscope(folder: Path) -> None:
    assert run(["run", "examples/microscope/session.toml", "--trials", "12"]) == 0
    with hil.open_database() as database:
        rows = database.rows("last")
        trials = database.trials("last", sort="number")
    assert len(rows) == 12
    assert [row.number for row in rows if row.kind == "reference"] == [10]
    dose_mj = 8 * trials["camera.exposure_ms"] / 1000
    assert dose_mj.max() <= 0.2 + 1e-9


def test_the_lensless_imager_records_its_figures_of_merit(folder: Path) -> None:
    assert run(["run", "examples/lensless/session.toml", "--trials", "6"]) == 0
    with hil.open_database() as database:
        trials = database.trials("last", sort="number")
    assert list(trials["state"]) == ["COMPLETE"] * 6
    assert (trials["objective"] > 0).all()
    light = (
        trials["mask.apertures"] * trials["camera.exposure_ms"] / trials["mask.distance_mm"] ** 2
    )
    assert trials["metrics.snr"].corr(light, method="spearman") > 0.9


def test_the_satellite_stays_below_saturation(folder: Path) -> None:
    assert run(["run", "examples/satellite/session.toml", "--trials", "8"]) == 0
    with hil.open_database() as database:
        trials = database.trials("last", sort="number")
    assert list(trials["state"]) == ["COMPLETE"] * 8
    assert trials["objective"].max() > 1, "high gain clips at long exposures, and tells nothing"
    assert set(trials["camera.gain"]) == {"low", "high"}
    assert trials["metrics.snr"].corr(trials["camera.exposure_ms"], method="spearman") > 0.5


def test_the_imaging_spectrometer_takes_bands_as_channels(folder: Path) -> None:
    assert run(["run", "examples/hyperspectral/session.toml", "--trials", "4"]) == 0
    with hil.open_database() as database:
        trials = database.trials("last", sort="number")
        frames = database.frames("last", 0)
    assert list(trials["state"]) == ["COMPLETE"] * 4
    assert frames.shape == (8, 1, 4, 96, 96)
    assert trials["metrics.snr"].corr(trials["spectrometer.slit_um"]) > 0.5


def test_the_scanner_shares_a_fixed_dose_between_views(folder: Path) -> None:
    assert run(["run", "examples/tomography/session.toml", "--trials", "3"]) == 0
    with hil.open_database() as database:
        trials = database.trials("last", sort="number")
    assert list(trials["state"]) == ["COMPLETE"] * 3
    assert (trials["objective"] > 0).all()
    assert np.ptp(trials["metrics.dose_mgy"]) < 1e-6 * trials["metrics.dose_mgy"].mean()


def test_the_led_array_records_what_microscopists_go_by(folder: Path) -> None:
    assert run(["run", "examples/ledarray/session.toml", "--trials", "4"]) == 0
    with hil.open_database() as database:
        trials = database.trials("last", sort="number")
    assert list(trials["state"]) == ["COMPLETE"] * 4
    assert (trials["objective"] > 0).all()
    outer_na = trials["led.outer_na"].clip(upper=0.4)
    expected = (0.4 + outer_na) / 0.53
    assert np.allclose(trials["metrics.cutoff_cycles_per_um"].astype(float), expected)


def test_micromanager_from_a_configuration_to_a_session(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every kind of setting on the C++ devices; the flat field's information is 0."""
    assert run(["rig", "check", "examples/micromanager_demo/rig.toml"]) == 0
    shown = capsys.readouterr().out
    for words in ("Z.position_um", "Emission.Label", "Preset.LightPath", "-20 to 20"):
        assert words in shown
    assert run(["run", "examples/micromanager_demo/session.toml"]) == 0
    with hil.open_database() as database:
        trials = database.trials("last", sort="number")
        events = list(database.events("last")["kind"])
    assert list(trials["state"]) == ["COMPLETE"] * 12
    # whether trials are measured while others are estimated goes by what both take here
    assert [kind for kind in events if kind != "pipelined"] == ["setup", "park"]
    assert set(trials["Emission.Label"]) <= {"Chroma-HQ620", "Chroma-HQ535", "Chroma-D460"}
    contains_0 = (trials["ci_low"] <= 0) & (trials["ci_high"] >= 0)
    assert contains_0.sum() >= 9, "95 % intervals: 9 or more of 12 in 99.98 % of sessions"
    assert np.abs(trials["objective"]).max() < 0.01


class Calibrated(NamedTuple):
    folder: str
    offset_adu: float


CALIBRATED = [
    Calibrated("microscope", 100.0),
    Calibrated("micromanager_demo", 99.5),  # in the dark: the camera rounds down
]


@pytest.mark.parametrize("case", CALIBRATED, ids=lambda case: case.folder)
def test_calibrated_and_run_as_it_stands(
    case: Calibrated, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From no calibration to a session with one, whose numbers equal the truth."""
    rig = f"examples/{case.folder}/rig_calibrated.toml"
    session = f"examples/{case.folder}/session.toml"
    assert run(["run", session, "--rig", rig]) == 2
    assert "`hil calibrate rig_calibrated.toml` makes one" in capsys.readouterr().err
    assert run(["calibrate", rig]) == 0
    with hil.open_database() as database:
        (found,) = database.calibrations().itertuples()
    for value, sd, truth in (
        (found.gain_e_per_adu, found.gain_sd, 0.5),
        (found.read_noise_e, found.read_noise_sd, 1.6),
        (found.offset_adu, found.offset_sd, case.offset_adu),
    ):
        assert abs(value - truth) < 4 * sd + 1e-3 * truth
        assert sd < 0.01 * truth
    assert run(["run", session, "--rig", rig, "--trials", "2"]) == 0
    with hil.open_database() as database:
        assert list(database.trials("last")["state"]) == ["COMPLETE"] * 2
        assert database.session("last").calibration_id == found.calibration_id


def test_a_drafted_rig_runs_once_its_noise_is_known(folder: Path) -> None:
    from pymmcore_plus import find_micromanager

    config = next(
        path
        for found in find_micromanager(return_first=False)
        if (path := Path(found) / "MMConfig_demo.cfg").is_file()
    )
    shutil.copy(config, folder / "scope.cfg")
    assert run(["rig", "init", "scope.cfg", "-o", "rig.toml"]) == 0
    assert run(["rig", "check", "rig.toml"]) == 0
    text = (folder / "rig.toml").read_text(encoding="utf-8")
    noise = "".join(
        line.removeprefix("# ").split("  #")[0] + "\n"
        for line in text.splitlines()
        if line.startswith(("# [noise]", "# kind", "# gain", "# offset", "# read", "# bit"))
    )
    setup = (
        '[setup]\n"Camera.Mode" = "Noise"\n"Camera.PixelType" = "16bit"\n"Camera.BitDepth" = 16\n'
    )
    (folder / "rig.toml").write_text(f"{text}\n{noise}{setup}", encoding="utf-8")
    (folder / "session.toml").write_text(
        'name = "first"\nrig = "rig.toml"\ntrials = 3\n[[search]]\nsetting = "Z.position_um"\n'
        "low = -5\nhigh = 5\n[measure]\ngrid = { columns = 2, rows = 2, step_um = 5 }\n",
        encoding="utf-8",
    )
    assert run(["run", "session.toml"]) == 0


def test_a_mirror_by_its_modes(folder: Path) -> None:
    assert run(["run", "examples/modal/session.toml", "--trials", "6"]) == 0
    with hil.open_database() as database:
        trials = database.trials("last", sort="number")
    assert list(trials["state"]) == ["COMPLETE"] * 6
    assert (trials["objective"] > 0).all()
    assert trials["mirror.z4_nm"].abs().max() > 20
