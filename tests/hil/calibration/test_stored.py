"""From a stored calibration to a noise model: where the camera saturates is part of it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hil.calibration.stored import plain_noise
from hil.information import estimate_information
from hil.noise import CameraNoise, DualGainNoise
from hil.store.calibrations import CalibrationRecord

CAMERA = {
    "kind": "camera",
    "gain_e_per_adu": 0.8,
    "offset_adu": 100.2,
    "read_noise_e": 3.2,
    "bit_depth": 16,
}
DUAL = CAMERA | {
    "kind": "dual_gain",
    "join_adu": 800.0,
    "gain_above_e_per_adu": 0.9,
    "offset_above_adu": 12.0,
    "read_noise_above_e": 4.0,
}


def record(noise: dict[str, object]) -> CalibrationRecord:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return CalibrationRecord("id", "rig", "camera", at, noise, {"fit": {}}, "")


@pytest.mark.parametrize("kind", [CAMERA, DUAL], ids=lambda noise: str(noise["kind"]))
@pytest.mark.parametrize(
    ("measured", "clips_at"),
    [
        (None, 65535),
        (65535.0, 65535),
        (4095.0, 4095),
        (6142.5, 6143),
        (2000.3, 2001),
        (90.0, 65535),
    ],
)
def test_where_it_saturates_is_passed_on(
    kind: dict[str, object], measured: float | None, clips_at: float
) -> None:
    noise = kind if measured is None else kind | {"saturation_adu": measured}
    model = plain_noise(record(noise))
    assert isinstance(model, CameraNoise if kind is CAMERA else DualGainNoise)
    assert model.highest_adu == clips_at


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_a_full_well_with_read_noise_above_it_counts_as_clipped(share: float) -> None:
    """The well holds so many electrons, read noise comes after: no single code holds a pile."""
    rng = np.random.default_rng(4)
    light = 300 * np.exp(0.5 * rng.standard_normal((6, 1, 64, 64)))
    electrons = rng.poisson(light)
    well_e = float(np.quantile(electrons, 1 - share))
    read = rng.normal(0, 3.2, electrons.shape)
    adu = np.rint((np.minimum(electrons, well_e) + read) / 0.8 + 100.2).astype(np.uint16)
    first_adu = (well_e - 3 * 3.2) / 0.8 + 100.2
    model = plain_noise(record(CAMERA | {"saturation_adu": first_adu}))
    found = estimate_information(adu, model, "copula", 8)
    assert "saturated" in found.flags
    assert found.details["saturated_share"] == pytest.approx(share, abs=0.03)
    free = np.rint((electrons + read) / 0.8 + 100.2).astype(np.uint16)
    truth = estimate_information(free, plain_noise(record(CAMERA)), "copula", 8)
    assert found.bits_per_pixel < truth.bits_per_pixel
    assert found.details["held_out_bits"] > 0.5 * truth.bits_per_pixel
