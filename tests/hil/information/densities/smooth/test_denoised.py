"""Noise of smooth frames is mostly taken away, and about as much is left as is said."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.predictive.cells import Cells
from hil.information.densities.smooth.denoised import DenoisedFields, window_variances
from hil.information.sample.choose import choose_sample
from hil.information.sample.prepare import take_in
from hil.noise import PoissonNoise

LIGHT_E = 400.0


def light(period_px: float, n: int, height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    row, column = np.mgrid[:height, :width]
    angle, phase = rng.uniform(0, 2 * math.pi, (2, n, 1, 1, 1))
    along = row * np.cos(angle) + column * np.sin(angle)
    return np.asarray(LIGHT_E * (1 + 0.6 * np.sin(2 * math.pi * along / period_px + phase)))


def fields(seen: np.ndarray) -> tuple[DenoisedFields, Cells]:
    sample = choose_sample(take_in(seen, PoissonNoise(), 8, None), 8, seed=0)
    cells = Cells.of(sample)
    return DenoisedFields(sample, cells), cells


@pytest.mark.parametrize("period_px", [7.0, 19.0])
def test_little_noise_is_left_of_fringes(period_px: float) -> None:
    scene = light(period_px, 3, 72, 60)
    found, cells = fields(PoissonNoise().sample(scene, np.random.default_rng(1)))
    frames, left = found(np.array([0, 2]))
    assert frames.shape == (2, 72, 60)
    lowest_adu = cells.channels[0].coding.lowest_adu
    true = found.scale.u_of((scene[[0, 2], 0] - lowest_adu).astype(np.float32))
    variance = float(((frames - true) ** 2).mean())
    assert variance < 0.08
    assert 0.5 * variance < left < 2.5 * variance
    assert found.scale.u_of(found.scale.light_of(frames)) == pytest.approx(frames, abs=1e-2)


def test_of_large_frames_a_part_is_taken_and_asked_twice_it_is_the_same() -> None:
    scene = light(15.0, 2, 150, 140)
    found, _ = fields(PoissonNoise().sample(scene, np.random.default_rng(1)))
    frames, _ = found(np.array([1]))
    assert frames.shape == (1, 128, 128)
    assert (found(np.array([0, 1]))[0][1] == frames[0]).all()
    assert found.stabilised(np.array([0, 1])).shape == (2, 150, 140)


def test_windows_of_a_frame_of_fringes_differ_in_few_ways() -> None:
    rng = np.random.default_rng(2)
    noise = rng.standard_normal((64, 64)).astype(np.float32)
    variance = window_variances(noise, 6)
    assert variance.shape == (36,)
    assert variance == pytest.approx(1, abs=0.4)
    wave = 30 * np.sin(2 * math.pi * np.arange(64) / 9).astype(np.float32)
    variance = window_variances(noise + wave[:, None], 6)
    assert (variance > 2).sum() == 2
