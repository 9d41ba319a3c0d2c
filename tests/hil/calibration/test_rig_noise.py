"""Which noise holds, by the rig file and by what is read back."""

from __future__ import annotations

from typing import Any

from hil.calibration.rig_noise import noise_entries
from hil.rig.recorded import noise_conditions, recorded_settings
from hil.rig.safety import Safety
from hil.spec import RigSpec


def test_noise_goes_by_what_is_read_back(benches: Any) -> None:
    spec = RigSpec.model_validate(
        {
            "name": "bench",
            "camera": "camera",
            "driver": [{"kind": "bench"}],
            "noise": {"kind": "gaussian", "sigma_adu": 2},
            "noise_at": [
                {"when": {"Wheel.1.State": 0}, "sigma_adu": 3},
                {"when": {"Wheel.1.Label": "DAPI", "Z.position_um": 20}, "sigma_adu": 4},
            ],
        }
    )
    safety = Safety(benches, spec)
    held = noise_conditions(safety, spec)
    assert noise_entries(held, {"Wheel.1.Label": "FITC", "Z.position_um": 20.0}) == ()
    assert noise_entries(held, {"Wheel.1.Label": "DAPI", "Z.position_um": 10.0}) == (0,)
    assert noise_entries(held, {"Wheel.1.Label": "DAPI", "Z.position_um": 20.0}) == (0, 1)
    assert recorded_settings(safety, spec) == ("Wheel.1.Label", "Z.position_um")
    assert [spec.noise_under(entries).sigma_adu for entries in ((), (0,), (0, 1))] == [2, 3, 4]  # type: ignore[union-attr]
