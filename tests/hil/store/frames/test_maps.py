"""Maps of a calibration beside the frames, and what is said of damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.errors import StoreError
from hil.store import Database
from tests.hil.store.conftest import TestClock
from tests.hil.store.new_calibration import new_calibration


def test_maps_lie_beside_the_frames_and_are_checked(db: Database, clock: TestClock) -> None:
    maps = {
        "offset_adu": np.linspace(90, 110, 12, dtype=np.float32).reshape(3, 4),
        "usable": np.eye(3, 4, dtype=np.bool_),
    }
    record = db.add_calibration(new_calibration("a1", clock), maps)
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


def _spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 0xFF
    path.write_bytes(bytes(data))
