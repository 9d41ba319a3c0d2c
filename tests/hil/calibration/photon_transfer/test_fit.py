"""Gain, read noise and offset of cameras whose numbers are known."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from hil.calibration import PhotonTransfer
from hil.errors import InputError
from tests.hil.calibration.virtual_camera import VirtualCamera, calibrate, flat, structured


class Case(NamedTuple):
    says: str
    camera: dict[str, Any]
    how: dict[str, Any]


CASES = (
    Case("scene of blobs", {}, {}),
    Case("flat field", {}, {"scene": flat}),
    Case("two repeats", {}, {"repeats": 2, "dark_repeats": 2, "side_px": 256}),
    Case("many electrons an ADU", {"gain_e_per_adu": 8.0, "read_noise_e": 40.0}, {}),
    Case("few", {"gain_e_per_adu": 0.1, "read_noise_e": 1.0}, {}),
    Case("noise of half an ADU", {"read_noise_e": 0.25, "offset_adu": 99.5}, {}),
    Case("clipped by the converter", {"bit_depth": 12}, {}),
    Case("clipped by the well", {"full_well_e": 5000.0}, {}),
    Case("dark cut off at 0", {"offset_adu": 7.0}, {}),
    Case("noise of 30 ADU", {"read_noise_e": 15.0}, {}),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_gain_and_read_noise_are_the_cameras(case: Case) -> None:
    camera = VirtualCamera(**case.camera)
    found = calibrate(camera, seed=1, **case.how)
    assert found.problems == ()
    for value, sd, truth, allowed in (
        (found.gain_e_per_adu, found.gain_e_per_adu_sd, camera.gain_e_per_adu, 0.02),
        (found.read_noise_e, found.read_noise_e_sd, camera.read_noise_e, 0.05),
        (found.offset_adu, found.offset_adu_sd, camera.offset_adu, 0.02),
    ):
        assert value == pytest.approx(truth, rel=allowed)
        assert abs(value - truth) < 4 * sd
        assert sd < allowed * truth / 2


def test_intervals_hold_the_truth() -> None:
    """At 95 %, of 40 draws 38 are expected, and less than 34 in one case of 180."""
    camera = VirtualCamera(read_noise_e=0.3)
    draws = [calibrate(camera, seed, structured, 64, levels=4) for seed in range(40)]
    for key, truth in (("gain_e_per_adu", 0.5), ("read_noise_e", 0.3), ("offset_adu", 100.0)):
        value = np.array([getattr(found, key) for found in draws])
        sd = np.array([getattr(found, f"{key}_sd") for found in draws])
        assert (abs(value - truth) <= 1.96 * sd).sum() >= 34
        assert abs(value.mean() - truth) < 4 * np.sqrt((sd**2).mean() / 40)


# --- what cannot be used -------------------------------------------------------------------------

GOOD = np.full((2, 8, 8), 100, np.uint16)


@pytest.mark.parametrize(
    "bad",
    [{"exposure_ms": -1.0}, {"light": float("nan")}, {"dark": True, "flat": True}],
    ids=str,
)
def test_impossible_numbers_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="calibration"):
        PhotonTransfer(12).add(GOOD, **({"exposure_ms": 1.0, "light": 1.0} | bad))
