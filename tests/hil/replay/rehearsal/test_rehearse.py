from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hil
from hil.errors import InputError
from hil.replay.rehearsal.rehearse import rehearse
from hil.spec import load_session_file
from tests.hil.small_session import RIG, SESSION

REAL = RIG.replace('kind = "sim.microscope"', 'kind = "micromanager"\nconfig = "not_here.cfg"')
REAL = REAL.split("seed = 1")[0] + REAL.split("scene_um = 60\n")[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    (tmp_path / "session.toml").write_text(SESSION, encoding="utf-8")
    return tmp_path


def test_a_simulated_rig_is_its_own_stand_in_and_foretells_the_real_run(folder: Path) -> None:
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    before = sorted(folder.iterdir())
    found = rehearse(load_session_file("session.toml"))
    assert found is not None and found.stand_in.own
    assert sorted(folder.iterdir()) == before, "nothing is written"
    real = hil.run_session("session.toml")
    with hil.open_database() as database:
        table, rows = database.trials("last"), database.rows("last")
    stored = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    stored -= sum(one.stat().st_size for one in before)
    assert found.frames == table["n_frames"].sum() == 48
    assert found.devices_s == pytest.approx(table["device_s"].sum(), rel=0.01)
    assert found.dose_mj == pytest.approx(sum(r.measured.dose_mj for r in rows if r.measured))
    assert found.disk_bytes == pytest.approx(stored, rel=0.1)
    assert real.best is not None
    assert found.best == pytest.approx(real.best.objective)
    assert found.first == pytest.approx(table["objective"][0])


def test_a_real_rig_is_not_opened_and_the_nearest_simulated_one_has_its_limits(
    folder: Path,
) -> None:
    limits = '[limits."mirror.z5_nm"]\nlow = -100\nhigh = 100\nsettle_ms = 500\n'
    together = '[[limits_together]]\nsettings = ["mirror.z5_nm", "mirror.z6_nm"]\nrule = "norm"\n'
    lamp = '[limits."lamp.volts"]\nhigh = 5\n'
    (folder / "rig.toml").write_text(REAL + limits + lamp + together + "high = 40\n", "utf-8")
    (folder / "twin.toml").write_text(RIG, encoding="utf-8")
    (folder / "tomograph.toml").write_text(
        RIG.replace("sim.microscope", "sim.tomography").split("height_px")[0]
        + "[noise]\nkind = 'poisson'\n",
        encoding="utf-8",
    )
    found = rehearse(load_session_file("session.toml"))
    assert found is not None
    assert found.stand_in.path.name == "twin.toml"
    assert found.stand_in.unknown == ("lamp.volts",)
    assert found.repaired > 0, "two thirds of the proposals lie outside the norm"
    assert found.rest_s == pytest.approx(6 * 0.5), "by the file, and not waited for"


def test_without_a_simulated_rig_there_is_none(folder: Path) -> None:
    (folder / "rig.toml").write_text(REAL, encoding="utf-8")
    assert rehearse(load_session_file("session.toml")) is None


def test_faults_are_those_of_the_file(folder: Path) -> None:
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    (folder / "faults.toml").write_text(
        '[[fault]]\nfault = "device_fault"\ncall = "settle"\ndevice = "focus"\nat = [2]\n', "utf-8"
    )
    found = rehearse(load_session_file("session.toml"), faults=Path("faults.toml"))
    assert found is not None
    assert found.result.n_complete == 5


def test_time_that_the_session_has_not_is_told_and_it_is_kept_where_asked_for(
    folder: Path,
) -> None:
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    (folder / "session.toml").write_text(SESSION + "\n[stop]\nwall_s = 1e-3\n", "utf-8")
    found = rehearse(load_session_file("session.toml"), keep=True)
    assert found is not None
    assert found.result.n_complete == 6
    assert found.wall_ends == 1
    with hil.open_database() as database:
        assert list(database.sessions()["tags"]) == [["rehearsal"]]


WRONG = [
    ("[[fault]]\nfault = 'nope'\nrate = 1.0\n", "fault.0.fault: 'nope'"),
    ("[[fault]]\nfault = 'dark'\n", "fault.0: give rate"),
    (
        "[[fault]]\nfault = 'dark'\nrate = 0.1\ndevice = 'camra'\n",
        "fault.0.device: 'camra' is none of the stand-in's; did you mean 'camera'",
    ),
    (
        "[[fault]]\nfault = 'read_nan'\nrate = 0.1\nsetting = 'focus.z'\n",
        "fault.0.setting: 'focus.z' is none of the stand-in's; did you mean 'focus.z_um'",
    ),
    ("[[falt]]\n", "falt: unknown key, did you mean 'fault'"),
    ("seed = -1\n[[fault]]\nfault = 'dark'\nrate = 0.1\n", "seed: -1"),
    ("", "fault: missing"),
    ("[", "cannot be read"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_wrong_faults_are_named(folder: Path, text: str, told: str) -> None:
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    (folder / "faults.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told) as error:
        rehearse(load_session_file("session.toml"), faults=Path("faults.toml"))
    assert "faults.toml" in str(error.value)
    assert np.all([one.suffix == ".toml" for one in folder.iterdir()])


def test_a_real_rig_is_no_twin(folder: Path) -> None:
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    (folder / "real.toml").write_text(REAL, encoding="utf-8")
    with pytest.raises(InputError, match="'micromanager' is not simulated"):
        rehearse(load_session_file("session.toml"), on=Path("real.toml"))
