"""What is put in one series, and what it is said to have done."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from hil.report.passport.series import known_rig, passport, table_of
from hil.store import Database
from tests.hil.report.conftest import database
from tests.hil.report.passport.laboratory import calibrate, measure, session, week

__all__ = ["database"]
SCATTER = (0.00, 0.02, -0.01, 0.01, -0.02, 0.015)


def test_information_of_like_settings_is_one_series(database: Database) -> None:
    session(database, week(0), [1.0])
    for number, shift in enumerate(SCATTER):
        measure(database, week(number), 1.0 + shift, exposure_ms=10.0 + 0.01 * number)
        measure(database, week(number), 0.5 + shift, exposure_ms=5.0)
        measure(database, week(number), 9.0, rig="another")
    found = [one for one in passport(database, "scope") if one.series.quantity == "information"]
    assert [len(one.series.points) for one in found] == [6, 6]
    assert [one.verdict for one in found] == ["no change beyond chance"] * 2
    assert "exposure_ms 5" in found[1].series.conditions


def test_what_fell_since_a_date_is_worse(database: Database) -> None:
    session(database, week(0), [1.0])
    for number, shift in enumerate(SCATTER * 2):
        measure(database, week(number), (1.0 if number < 6 else 0.8) + shift)
        calibrate(
            database, week(number), (1.6 if number < 6 else 1.9) + shift, f"{number:032x}", mode="a"
        )
    judged = {one.series.quantity: one for one in passport(database, "scope", week(6).date())}
    assert judged["information"].verdict == judged["read noise"].verdict == "worse"
    assert judged["information"].change.value == pytest.approx(-0.2)
    assert judged["read noise"].change.value == pytest.approx(0.3)
    assert judged["gain"].verdict == "no change beyond chance"
    back = {one.series.quantity: one for one in passport(database, "scope")}
    assert back["information"].verdict == "worse"


def test_cameras_modes_are_apart(database: Database) -> None:
    for number in range(3):
        calibrate(database, week(number), 1.6, f"{number:032x}", mode="fast")
        calibrate(database, week(number), 0.9, f"{number + 9:032x}", mode="slow")
    noises = [one for one in passport(database, "scope") if one.series.quantity == "read noise"]
    assert [len(one.series.points) for one in noises] == [3, 3]
    assert all(one.verdict == "too few days" for one in noises)


def test_the_first_reference_of_each_session_counts(database: Database) -> None:
    """Later ones may have bleached their sample; replays measured nothing."""
    for number, shift in enumerate(SCATTER):
        session(database, week(number), [2.0 + shift, 1.0, 0.5])
    session(database, week(9), [0.1], extra={"kind": "replay"})
    session(database, week(9), [0.1], rig="another")
    other = 'name = "scope"\n[setup]\n"light.power_mw" = 3\n'
    session(database, week(10), [3.0], rig_text=other)
    first, second, *rest = passport(database, "scope")
    assert not rest
    assert [round(point.value, 3) for point in first.series.points] == [
        round(2 + shift, 3) for shift in SCATTER
    ]
    assert [point.value for point in second.series.points] == [3.0]
    assert len(table_of([first, second])) == 7


def test_a_rig_is_known_by_name_or_file(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="knows none"):
        known_rig(database, "scope")
    session(database, week(0), [1.0])
    assert known_rig(database, "scope") == "scope"
    file = tmp_path / "rig.toml"
    file.write_text('name = "scope"\n[[driver]]\nkind = "sim.microscope"\n', encoding="utf-8")
    assert known_rig(database, str(file)) == "scope"
    for wrong in ("scoop", str(tmp_path / "none.toml")):
        with pytest.raises(InputError):
            known_rig(database, wrong)
