"""Light at the sample: power from a table, over the time that it is lit."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

import hil
from hil.errors import InputError
from hil.rig.light import DoseMeter, SampleLight
from tests.hil.small_session import RIG, SESSION

TABLE = SampleLight("lamp.percent", (0.0, 50.0, 100.0), (0.0, 2.0, 3.0))
SHUTTERED = SampleLight("lamp.mw", shutter="shutter.state", opened="open", triggered=False)


@pytest.mark.parametrize(("percent", "mw"), [(0, 0.0), (25, 1.0), (50, 2.0), (75, 2.5), (100, 3.0)])
def test_power_lies_on_straight_lines_between_the_measured_points(percent: int, mw: float) -> None:
    assert TABLE.at_sample_mw({"lamp.percent": percent}) == pytest.approx(mw)


class Time:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_triggered_lamp_lights_exposures_alone() -> None:
    clock = Time()
    meter = DoseMeter(TABLE, {"lamp.percent": 50}, clock)
    clock.now_s = 100.0
    meter.exposed(20.0, 3)
    assert meter.take() == pytest.approx(2.0 * 0.06)
    assert meter.take() == 0.0


def test_settling_and_reading_out_count_while_the_shutter_is_open() -> None:
    clock = Time()
    meter = DoseMeter(SHUTTERED, {"lamp.mw": 2.0, "shutter.state": "shut"}, clock)
    clock.now_s = 10.0
    assert meter.take() == 0.0
    meter.moved({"shutter.state": "open"})
    clock.now_s = 10.5  # settling, then a frame of 20 ms
    meter.exposed(20.0, 1)
    assert meter.take() == pytest.approx(1.0)
    clock.now_s = 10.75
    meter.moved({"lamp.mw": 0.5})  # the brighter of both while it moved
    clock.now_s = 11.75
    meter.dark()
    clock.now_s = 99.0
    assert meter.take() == pytest.approx(0.5 + 0.5)


def url(folder: Path) -> str:
    return f"sqlite:///{(folder / 'hil.db').as_posix()}"


def test_a_sessions_dose_is_obeyed_exactly_and_shown(tmp_path: Path) -> None:
    # 8 frames of 10 ms at 0.5 mW at the sample: 0.04 mJ a trial
    dose = '\n[dose]\npower = "light.power_mw"\ntable = [[0, 0], [2, 1], [10, 3]]\n'
    (tmp_path / "rig.toml").write_text(RIG + dose)
    (tmp_path / "session.toml").write_text(SESSION + "\n[stop]\ndose_mj = 0.12\n")
    result = hil.run_session(tmp_path / "session.toml", url(tmp_path))
    assert result.n_trials == 3
    assert "exceed 0.12 mJ" in result.reason
    with hil.open_database(url(tmp_path)) as database:
        assert list(database.trials("last")["dose_mj"]) == pytest.approx([0.04] * 3)
        assert len(database.trials("last", where=["dose_mj > 0.03"])) == 3
    assert hil.resume_session("last", url(tmp_path), trials=9).n_trials == 3


def test_an_open_shutter_is_metered_and_bounds_trials_afterwards(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG + '\n[dose]\npower = "light.power_mw"\nlit = "always"\n')
    constraint = "\n[constraints]\nmax_dose_mj = 0.1\n"
    (tmp_path / "session.toml").write_text(SESSION + constraint)
    result = hil.run_session(tmp_path / "session.toml", url(tmp_path), trials=2)
    assert result.best is None
    with hil.open_database(url(tmp_path)) as database:
        trials = database.trials("last", sort="number")
        excess = [row.constraints["dose_mj"] for row in database.rows("last")]
    # 8 frames of 10 ms and 10 ms of reading out, and the moves between four fields
    assert all(0.16 < mj < 0.25 for mj in trials["dose_mj"])
    assert excess == pytest.approx([mj - 0.1 for mj in trials["dose_mj"]])


class Wrong(NamedTuple):
    name: str
    table: str
    key: str
    says: str


WRONG = [
    Wrong("no such setting", 'power = "lamp.power_mw"', "dose.power", "'light.power_mw'"),
    Wrong("not in mW", 'power = "mirror.z6_nm"', "dose.table", "not in mW"),
    Wrong("table too short", 'power = "light.power_mw"\ntable = [[0, 0], [5, 2]]', "dose.table", "may be from 0 to 10"),
    Wrong("power that falls", 'power = "light.power_mw"\ntable = [[0, 2], [10, 1]]', "dose", "does not fall"),
    Wrong("values out of order", 'power = "light.power_mw"\ntable = [[5, 0], [5, 1]]', "dose", "values that rise"),
    Wrong("half a shutter", 'power = "light.power_mw"\nlit = "always"\nshutter = "camera.binning"', "dose", "go together"),
    Wrong("no such state", 'power = "light.power_mw"\nlit = "always"\nshutter = "camera.binning"\nopen = 3', "dose.open", "1, 2, 4"),
]  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_what_the_rig_file_says_of_light_is_checked(case: Wrong, tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(f"{RIG}\n[dose]\n{case.table}\n")
    (tmp_path / "session.toml").write_text(SESSION)
    with pytest.raises(InputError) as caught:
        hil.run_session(tmp_path / "session.toml", url(tmp_path))
    assert caught.value.key == case.key
    assert case.says in caught.value.problem
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rig.toml", "session.toml"]


def test_the_setting_that_the_dose_goes_by_brings_light_whatever_its_name(tmp_path: Path) -> None:
    dose = '\n[dose]\npower = "focus.z_um"\ntable = [[-20, 0], [20, 1]]\n'
    (tmp_path / "rig.toml").write_text(RIG + dose)
    (tmp_path / "session.toml").write_text(SESSION)
    with pytest.raises(InputError, match=r"focus\.z_um brings light or time"):
        hil.run_session(tmp_path / "session.toml", url(tmp_path))
