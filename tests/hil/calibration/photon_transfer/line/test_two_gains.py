"""Two gains merged into one image: each is found, or the calibration is refused."""

from __future__ import annotations

import numpy as np
import pytest

from hil.calibration import CameraCalibration
from tests.hil.calibration.virtual_camera import (
    Change,
    Scene,
    VirtualCamera,
    calibrate,
    flat,
    structured,
)

JOIN_ADU, OFFSET = 3000.0, 100.0


def merged(ratio: float, more_e: float = 0.0) -> Change:
    """Above the join an ADU stands for ``ratio`` times as many electrons; the mean does not jump."""

    def change(adu: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        bright = JOIN_ADU + (adu - JOIN_ADU) / ratio
        noise = more_e / (0.5 * ratio) * rng.standard_normal(adu.shape)
        return np.where(adu > JOIN_ADU, bright + noise, adu)

    return change


def many(camera: VirtualCamera, seed: int, scene: Scene = structured) -> CameraCalibration:
    return calibrate(camera, seed, scene, 192, levels=8, repeats=8, dark_repeats=16)


@pytest.mark.parametrize(("ratio", "more_e"), [(1.05, 0.0), (0.95, 0.0), (1.1, 8.0), (1.0, 25.0)])
def test_each_gain_is_found(ratio: float, more_e: float) -> None:
    for seed in (1, 2):
        found = many(VirtualCamera(analog=merged(ratio, more_e)), seed)
        assert found.problems == ()
        assert found.above is not None
        assert abs(found.gain_e_per_adu - 0.5) < 3 * found.gain_e_per_adu_sd < 0.01
        above = found.above
        assert abs(above.gain_e_per_adu - 0.5 * ratio) < 3.5 * above.gain_e_per_adu_sd < 0.03
        assert above.join_adu == pytest.approx(JOIN_ADU, rel=0.3)
        assert "two gains are merged" in " ".join(found.notes)


def test_the_variance_is_that_of_either_side() -> None:
    found = many(VirtualCamera(analog=merged(1.1, 10.0)), 1)
    signal = np.array([500.0, 6000.0])
    electrons = np.array([250.0, (JOIN_ADU - OFFSET) * 0.5 + (6000 - JOIN_ADU + OFFSET) * 0.55])
    gain, read_e = np.array([0.5, 0.55]), np.array([1.6, np.hypot(1.6, 10.0)])
    expected = (electrons + read_e**2) / gain**2 + 1 / 12
    assert found.variance_adu2(signal) == pytest.approx(expected, rel=0.02)


def test_it_comes_back_from_json() -> None:
    found = many(VirtualCamera(analog=merged(1.05)), 1)
    again = CameraCalibration.from_json(found.to_json())
    assert again.above == found.above


@pytest.mark.parametrize("seed", [1, 2])
def test_too_little_above_the_join_is_refused_or_covered(seed: int) -> None:
    """One level of even light above: no line goes through it."""
    found = calibrate(VirtualCamera(analog=merged(1.05)), seed, flat)
    assert found.problems or abs(found.gain_e_per_adu - 0.5) < 2 * found.gain_e_per_adu_sd


@pytest.mark.parametrize("scene", [flat, structured])
def test_one_gain_is_not_taken_for_two(scene: object) -> None:
    for seed in range(2):
        assert many(VirtualCamera(), seed, scene).above is None
