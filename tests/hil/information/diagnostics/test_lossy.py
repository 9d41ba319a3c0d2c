"""Pictures compressed with loss are told, and nothing that was only counted is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter

from hil.information import estimate_information
from hil.information.diagnostics.lossy import look_for_blocks
from hil.noise import CameraNoise
from hil.records.estimate import making_wrong

CAMERA = CameraNoise(0.5, 100, 1.6)
SHAPE = (6, 1, 96, 96)


def scene(blur_px: float, contrast: float, level_e: float) -> np.ndarray:
    white = np.random.default_rng(3).standard_normal(SHAPE)
    white = gaussian_filter(white, (0, 0, blur_px, blur_px))
    return np.asarray(level_e * np.exp(contrast * white / white.std()))


def compressed(y: np.ndarray, step: float, at: int = 0) -> np.ndarray:
    n, _, height, width = y.shape
    blocks = np.roll(y.astype(float), (at, at), (2, 3)) - 600
    blocks = blocks.reshape(n, 1, height // 8, 8, width // 8, 8).swapaxes(3, 4)
    steps = step * (1 + 0.4 * np.add.outer(np.arange(8), np.arange(8)))
    waves = np.rint(dctn(blocks, axes=(-2, -1), norm="ortho") / steps) * steps
    back = idctn(waves, axes=(-2, -1), norm="ortho").swapaxes(3, 4).reshape(y.shape)
    return np.clip(np.rint(np.roll(back, (-at, -at), (2, 3)) + 600), 0, 65535).astype(np.uint16)


SCENES = {
    "flat": np.full(SHAPE, 300.0),
    "blurred": scene(1.8, 0.3, 300.0),
    "sharp": scene(0.8, 0.5, 300.0),
    "beads": 5
    + 2e4
    * gaussian_filter((np.random.default_rng(2).random(SHAPE) < 5e-3) * 1.0, (0, 0, 1.2, 1.2)),
    "squares on the blocks": np.kron(
        np.random.default_rng(1).choice([50.0, 900.0], (6, 1, 24, 24)), np.ones((1, 1, 4, 4))
    ),
}


@pytest.mark.parametrize("name", ["flat", "blurred", "sharp"])
@pytest.mark.parametrize(("step", "at"), [(8, 0), (16, 3), (25, 5)])
def test_steps_above_the_noise_bar(name: str, step: float, at: int) -> None:
    y = compressed(CAMERA.sample(SCENES[name], np.random.default_rng(0)), step, at)
    found = estimate_information(y, CAMERA, None, 8)
    assert "noise_correlated" in found.flags
    assert found.details["lossy_step_adu"] > step


@pytest.mark.parametrize("name", list(SCENES))
def test_nothing_is_said_of_what_was_counted(name: str) -> None:
    y = CAMERA.sample(SCENES[name], np.random.default_rng(0))
    found = estimate_information(y, CAMERA, None, 8)
    assert "lossy_bits" not in found.details


def test_steps_far_below_the_noise_do_no_harm() -> None:
    y = CAMERA.sample(SCENES["blurred"], np.random.default_rng(0))
    clean, lossy = (estimate_information(one, CAMERA, None, 8) for one in (y, compressed(y, 2)))
    assert lossy.bits_per_pixel == pytest.approx(clean.bits_per_pixel, abs=0.01)
    assert not making_wrong(lossy.flags)
    assert lossy.details.get("lossy_bits", 0.0) < 0.01


def test_the_step_is_found() -> None:
    y = CAMERA.sample(SCENES["flat"], np.random.default_rng(0))
    waves = compressed(y, 10.0)[:, 0]
    found = look_for_blocks(waves, np.full(waves.shape, 1200.0))
    assert found.step_adu == pytest.approx(10 * (1 + 0.4 * 11), rel=0.05)
