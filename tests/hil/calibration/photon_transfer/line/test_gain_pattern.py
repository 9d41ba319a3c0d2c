"""Gains that differ between halves, columns or rows of a sensor."""

from __future__ import annotations

import numpy as np
import pytest

from hil.calibration import CameraCalibration
from hil.calibration.stored import mapped_noise
from tests.hil.calibration.virtual_camera import (
    Change,
    Scene,
    VirtualCamera,
    calibrate,
    flat,
    structured,
)


def taps(kind: str, ratio: float) -> Change:
    def change(adu: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        out = adu.copy()
        other = {
            "right": np.s_[:, out.shape[1] // 2 :],
            "bottom": np.s_[out.shape[0] // 2 :],
            "odd columns": np.s_[:, 1::2],
            "odd rows": np.s_[1::2],
        }[kind]
        out[other] = 100 + (out[other] - 100) / ratio
        return out

    return change


@pytest.mark.parametrize("scene", [flat, structured])
@pytest.mark.parametrize("kind", ["right", "bottom", "odd columns", "odd rows"])
def test_each_part_has_its_gain(kind: str, scene: Scene) -> None:
    for ratio in (1.05, 0.96):
        camera = VirtualCamera(analog=taps(kind, ratio))
        found = calibrate(camera, 1, scene, 160)
        assert found.problems == ()
        pattern = found.gain_pattern
        assert pattern is not None
        assert len(pattern.kinds) == 1
        gains = zip(pattern.gains_e_per_adu, pattern.gains_e_per_adu_sd, strict=True)
        for (gain, sd), truth in zip(gains, (0.5, 0.5 * ratio), strict=True):
            assert abs(gain - truth) < 3.5 * sd < 0.03
        assert kind in " ".join(found.notes)


def test_quarters_have_four() -> None:
    def quarters(adu: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return taps("right", 1.06)(taps("bottom", 0.95)(adu, rng), rng)

    found = calibrate(VirtualCamera(analog=quarters), 1, flat, 192)
    assert found.gain_pattern is not None
    truth = np.array([0.5, 0.5 * 0.95, 0.5 * 1.06, 0.5 * 0.95 * 1.06])
    assert found.gain_pattern.gains_e_per_adu == pytest.approx(truth, rel=0.03)


def test_the_noise_model_has_the_gain_of_each_pixel() -> None:
    found = calibrate(VirtualCamera(analog=taps("right", 1.05)), 1, flat)
    again = CameraCalibration.from_json(found.to_json(), found.arrays())
    assert again.maps is not None
    noise = mapped_noise(again, again.maps)
    assert noise.gain_e_per_adu[:, :64] == pytest.approx(0.5, rel=0.02)
    assert noise.gain_e_per_adu[:, 64:] == pytest.approx(0.525, rel=0.02)
    assert noise.read_noise_e.mean() == pytest.approx(1.6, rel=0.05)


@pytest.mark.parametrize("scene", [flat, structured])
def test_one_gain_is_one(scene: object) -> None:
    for seed in range(6):
        assert calibrate(VirtualCamera(), seed, scene).gain_pattern is None
