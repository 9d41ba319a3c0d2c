from __future__ import annotations

import numpy as np
import torch

from sim.microscope.fluorescence.nonnegative import nonnegative


def test_no_place_is_negative_and_the_image_is_that_of_the_scene() -> None:
    rng = np.random.default_rng(0)
    fy, fx = np.fft.fftfreq(64)[:, None], np.fft.rfftfreq(64)[None]
    blur = torch.from_numpy(np.exp(-((fy**2 + fx**2) / 0.02)).astype(np.float32))
    dark = np.zeros((64, 64), np.float32)
    dark[20:40, 20:40] = 5.0
    noisy = dark + 0.8 * rng.standard_normal((64, 64)).astype(np.float32)
    found = nonnegative(noisy, blur)
    assert found.min() >= 0

    def image(scene: np.ndarray) -> np.ndarray:
        return np.fft.irfft2(np.fft.rfft2(scene) * blur.numpy(), s=(64, 64))

    wanted = image(noisy)
    clipped = np.abs(image(np.maximum(noisy, 0)) - wanted).mean()
    assert np.abs(image(found) - wanted).mean() < 0.35 * clipped
    assert abs(found.mean() - noisy.mean()) < 0.1 * np.maximum(noisy, 0).mean()


def test_a_scene_that_is_bright_everywhere_stays() -> None:
    scene = np.full((16, 16), 2.0, np.float32)
    assert np.array_equal(nonnegative(scene, torch.ones(16, 9)), scene)
