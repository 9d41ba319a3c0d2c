"""Cameras whose codes are steps apart: the step is found, and the gain is per ADU as stored."""

from __future__ import annotations

import numpy as np
import pytest

from hil.noise.code_step import PLAIN, find_step, find_whole_step
from tests.hil.calibration.virtual_camera import Scene, VirtualCamera, calibrate, flat, structured

REPEATED_BITS = 65535 / 4095  # 12 bits, the upper ones again below
Frames = np.ndarray


def histogram(adu: Frames) -> Frames:
    return np.bincount(np.clip(adu, 0, 65535).astype(np.int64).ravel(), minlength=65536)


def lit(
    levels: tuple[float, ...], gain: float = 0.5, read_e: float = 1.6, n: int = 30_000
) -> Frames:
    rng = np.random.default_rng(0)
    electrons = rng.poisson(np.array(levels)[:, None], (len(levels), n))
    return np.rint((electrons + read_e * rng.standard_normal(electrons.shape)) / gain + 100)


@pytest.mark.parametrize("rounded", [np.rint, np.floor], ids=["rounded", "cut off"])
@pytest.mark.parametrize("step", [1.1, 1.21, 1.5, 2.0, 2.5, 4.0, 16.0, REPEATED_BITS, 64.0])
def test_the_step_is_found(step: float, rounded: np.ufunc) -> None:
    for levels in ((0, 20, 60), (0, 50, 200, 800, 3000)):
        found = find_step(histogram(rounded(step * lit(levels))))
        assert found.step_adu == pytest.approx(step, rel=4e-4)
        assert abs(found.phase_adu) < 1.0


@pytest.mark.parametrize(
    ("gain", "read_e"), [(0.5, 1.6), (0.1, 0.27), (0.05, 0.2), (0.02, 0.3), (3.0, 0.5), (8.0, 20.0)]
)
@pytest.mark.parametrize("n", [2000, 300_000])
def test_plain_cameras_have_none(gain: float, read_e: float, n: int) -> None:
    """Not even those whose single electrons show."""
    assert find_step(histogram(lit((0, 3, 30, 100), gain, read_e, n))) is PLAIN


@pytest.mark.parametrize("scene", [flat, structured])
@pytest.mark.parametrize("step", [1.5, 1.21, 4.0, 16.0])
def test_gain_and_read_noise_are_those_of_a_step_taken_out(step: float, scene: Scene) -> None:
    """Rounding is a step wide; read noise is what it is without."""
    camera = VirtualCamera(
        gain_e_per_adu=0.5, analog=lambda adu, rng: np.rint(step * np.clip(np.rint(adu), 0, 4000))
    )
    found = calibrate(camera, 1, scene, brightest_e=1200.0)
    assert found.problems == ()
    assert found.step_adu == pytest.approx(step, rel=1e-4)
    truth = 0.5 / step
    assert abs(found.gain_e_per_adu - truth) < 3 * found.gain_e_per_adu_sd < 0.03 * truth
    assert abs(found.read_noise_e - 1.6) < 4 * found.read_noise_e_sd < 0.1
    assert found.offset_adu == pytest.approx(100 * step, abs=0.5)
    assert f"steps of {step:g} ADU" in " ".join(found.notes)


def test_noise_narrower_than_a_step_is_still_told() -> None:
    """12 bits in 16, 0.4 of a step of read noise: the joint histogram of pairs tells."""
    camera = VirtualCamera(
        gain_e_per_adu=4.0, read_noise_e=1.6, analog=lambda adu, rng: 16 * np.rint(adu)
    )
    found = calibrate(camera, 2, brightest_e=4000.0)
    assert found.problems == ()
    assert found.gain_e_per_adu == pytest.approx(0.25, rel=0.02)
    assert found.read_noise_e == pytest.approx(1.6, rel=0.1)


@pytest.mark.parametrize("stated", [16, None])
@pytest.mark.parametrize("bits", [10, 12])
def test_bits_are_measured_where_values_pile_up(bits: int, stated: int | None) -> None:
    camera = VirtualCamera(
        gain_e_per_adu=2.0 if bits == 10 else 0.5,
        analog=lambda adu, rng: np.minimum(adu, 2**bits - 1),
    )
    for scene in (flat, structured):
        found = calibrate(camera, 1, scene, stated_bits=stated)
        assert (found.bit_depth, found.saturation_by) == (bits, "converter")
        assert found.saturation_adu == 2**bits - 1
        assert f"it has {bits} bits" in " ".join(found.notes)


@pytest.mark.parametrize("step", [2, 3, 16, 37])
@pytest.mark.parametrize("n", [300, 2000])
def test_a_whole_step_shows_in_few_pixels(step: int, n: int) -> None:
    rng = np.random.default_rng(step)
    pixels = step * rng.poisson(400, n) + 5
    first = int(pixels.min())
    found = find_whole_step(np.bincount(pixels - first).astype(float) / 7, first)
    assert found.step_adu == step
    assert np.array_equal(found.step_adu * found.number(pixels) + found.phase_adu, pixels)
    stray = np.append(pixels, pixels[n // 2] + 1)
    assert find_whole_step(np.bincount(stray - first).astype(float), first) is PLAIN


def test_few_codes_are_no_whole_step() -> None:
    assert find_whole_step(np.bincount(4 * np.arange(20)).astype(float), 0) is PLAIN
    assert find_whole_step(np.bincount(np.arange(500)).astype(float), 0) is PLAIN
