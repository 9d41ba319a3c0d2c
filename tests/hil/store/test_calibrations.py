"""Stored calibrations: found by id or as the latest of a rig; maps beside the frames."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hil.errors import InputError
from hil.store import Database, NewSession
from tests.hil.store.conftest import TestClock
from tests.hil.store.new_calibration import NOISE, new_calibration


def test_found_by_id_beginning_and_as_the_latest_of_a_rig(db: Database, clock: TestClock) -> None:
    with pytest.raises(InputError, match="there is no calibration"):
        db.calibration()
    tie = {"settings": {"camera.binning": 2}}
    for key, rig in (("a1", "demo scope"), ("a2", "table"), ("b3", "demo scope")):
        db.add_calibration(new_calibration(key, clock, rig, tie=tie))
    assert db.calibration().id == "b3" * 16
    assert db.calibration(rig="table").id == "a2" * 16
    assert db.calibration(" A1 ").id == "a1" * 16
    for ref, says in (("a", "ambiguous"), ("c", "no calibration whose id"), ("x%", "not a cal")):
        with pytest.raises(InputError, match=says):
            db.calibration(ref)
    with pytest.raises(InputError, match="no calibration of rig 'bench'"):
        db.calibration(rig="bench")
    table = db.calibrations()
    assert [key[:2] for key in table["calibration_id"]] == ["b3", "a2", "a1"]
    assert list(db.calibrations("table")["gain_e_per_adu"]) == [0.5]
    assert table["tied"][0] == {"camera.binning": 2}
    assert len(db.calibrations("bench")) == 0
    record = db.calibration("a1")
    assert (record.rig, record.camera, record.note, record.noise) == (
        "demo scope", "camera", "a note", NOISE,
    )  # fmt: skip


def test_a_session_names_its_calibration(
    db: Database, clock: TestClock, new_session: Callable[..., NewSession]
) -> None:
    db.add_calibration(new_calibration("a1", clock))
    key = db.create_session(new_session(calibration_id="a1" * 16))
    assert db.session(key).calibration_id == "a1" * 16
    assert list(db.sessions(where=["calibration_id = " + "a1" * 16])["session_id"]) == [key]
