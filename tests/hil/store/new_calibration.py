"""A calibration to store, told apart by its key."""

from __future__ import annotations

from typing import Any

from hil.store import NewCalibration
from tests.hil.store.conftest import TestClock

NOISE = {"kind": "camera", "gain_e_per_adu": 0.5, "offset_adu": 100.0, "read_noise_e": 1.6}


def new_calibration(
    key: str, clock: TestClock, rig: str = "demo scope", **detail: Any
) -> NewCalibration:
    text = f'name = "{rig}"\n'
    return NewCalibration(rig, text, "camera", NOISE, detail, "a note", clock.now(), key * 16)
