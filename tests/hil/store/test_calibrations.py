"""Stored calibrations: found by id or as the latest of a rig; maps beside the frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.errors import InputError, StoreError
from hil.store import Database, NewCalibration, NewSession
from tests.hil.store.conftest import TestClock

NOISE = {"kind": "camera", "gain_e_per_adu": 0.5, "offset_adu": 100.0, "read_noise_e": 1.6}


def _new(key: str, clock: TestClock, rig: str = "demo scope", **detail: Any) -> NewCalibration:
    text = f'name = "{rig}"\n'
    return NewCalibration(rig, text, "camera", NOISE, detail, "a note", clock.now(), key * 16)


def test_found_by_id_beginning_and_as_the_latest_of_a_rig(db: Database, clock: TestClock) -> None:
    with pytest.raises(InputError, match="there is no calibration"):
        db.calibration()
    tie = {"settings": {"camera.binning": 2}}
    for key, rig in (("a1", "demo scope"), ("a2", "table"), ("b3", "demo scope")):
        db.add_calibration(_new(key, clock, rig, tie=tie))
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
    db.add_calibration(_new("a1", clock))
    key = db.create_session(new_session(calibration_id="a1" * 16))
    assert db.session(key).calibration_id == "a1" * 16
    assert list(db.sessions(where=["calibration_id = " + "a1" * 16])["session_id"]) == [key]


def test_maps_lie_beside_the_frames_and_are_checked(db: Database, clock: TestClock) -> None:
    maps = {
        "offset_adu": np.linspace(90, 110, 12, dtype=np.float32).reshape(3, 4),
        "usable": np.eye(3, 4, dtype=np.bool_),
    }
    record = db.add_calibration(_new("a1", clock), maps)
    assert bool(db.calibrations()["maps"][0])
    for name, values in db.calibration_maps(record).items():
        assert np.array_equal(values, maps[name])
        assert values.dtype == maps[name].dtype
    rows = db.sql("SELECT detail FROM calibration")
    assert "110" not in str(rows["detail"][0]), "pixels are never in SQL"
    folder = db.frames_folder / "calibrations" / record.id / "offset_adu"
    chunk = next(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")
    _spoil(chunk)
    with pytest.raises(StoreError, match="offset_adu: this map"):
        db.calibration_maps(record)


def test_a_calibration_without_maps_has_none(db: Database, clock: TestClock) -> None:
    assert db.calibration_maps(db.add_calibration(_new("a1", clock))) == {}


def _spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 0xFF
    path.write_bytes(bytes(data))


def test_ties_are_those_of_one_rig_newest_first(db: Database, clock: TestClock) -> None:
    db.add_calibration(_new("a1", clock, tie={"rig": "demo scope"}))
    db.add_calibration(_new("b2", clock, "table", tie={"rig": "table"}))
    db.add_calibration(_new("c3", clock))
    assert db.calibration_ties("demo scope") == [
        ("c3" * 16, {}),
        ("a1" * 16, {"rig": "demo scope"}),
    ]
