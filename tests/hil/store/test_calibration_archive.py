"""Calibrations in an open database."""

from __future__ import annotations

from hil.store import Database
from tests.hil.store.conftest import TestClock
from tests.hil.store.new_calibration import new_calibration


def test_a_calibration_without_maps_has_none(db: Database, clock: TestClock) -> None:
    assert db.calibration_maps(db.add_calibration(new_calibration("a1", clock))) == {}


def test_ties_are_those_of_one_rig_newest_first(db: Database, clock: TestClock) -> None:
    db.add_calibration(new_calibration("a1", clock, tie={"rig": "demo scope"}))
    db.add_calibration(new_calibration("b2", clock, "table", tie={"rig": "table"}))
    db.add_calibration(new_calibration("c3", clock))
    assert db.calibration_ties("demo scope") == [
        ("c3" * 16, {}),
        ("a1" * 16, {"rig": "demo scope"}),
    ]
