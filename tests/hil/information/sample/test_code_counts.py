"""Step and clips from a histogram alone, and which unit the noise is stated for."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.sample.code_counts import of_typical_pixel, read_codes
from hil.information.sample.codes_found import CameraCodes
from hil.noise import CameraMapNoise, CameraNoise, GaussianMapNoise, VisibilityNoise
from hil.noise.entropy.histogram import AduCounts

OWN = CameraNoise(0.8, 100.0, 1.6)
RNG = np.random.default_rng(3)
FRAMES = OWN.sample(300 * np.exp(0.4 * RNG.standard_normal(40_000)), RNG)
SPREAD = np.exp(0.2 * RNG.standard_normal((200, 200)))
MAPS = CameraMapNoise(0.8, 100.0, 1.6 * SPREAD)


def counts(pixels: np.ndarray) -> AduCounts:
    found = AduCounts.of(pixels)
    assert found is not None
    return found


def never(codes: CameraCodes) -> tuple[float, bool]:
    raise AssertionError(f"asked for the noise under {codes}")


@pytest.mark.parametrize("noise", [OWN, MAPS], ids=["camera", "maps"])
def test_plain_codes_leave_the_noise_as_it_is(noise: CameraNoise | CameraMapNoise) -> None:
    same, codes = read_codes(counts(FRAMES), noise, never)
    assert same is noise
    assert codes == CameraCodes()


@pytest.mark.parametrize("step", [4.0, 16.0, 1.5])
@pytest.mark.parametrize("noise", [OWN, MAPS], ids=["camera", "maps"])
def test_the_noise_follows_the_step(noise: CameraNoise | CameraMapNoise, step: float) -> None:
    pixels = np.rint(step * FRAMES.astype(float)).astype(np.int64)
    variance = OWN.mean_variance_adu2(float(FRAMES.mean()), True)
    own, codes = read_codes(counts(pixels), noise, lambda _: (variance, True))
    assert codes.divided
    assert codes.unit == "codes"
    assert own is noise
    in_adu, codes = read_codes(counts(pixels), noise, lambda _: (variance / step, True))
    assert codes.unit == "adu"
    assert codes.step.step_adu == pytest.approx(step, abs=1e-3)
    typical = of_typical_pixel(in_adu)
    assert isinstance(typical, CameraNoise)
    assert typical.gain_e_per_adu == pytest.approx(0.8 * step, rel=1e-3)


@pytest.mark.parametrize("noise", [OWN, MAPS], ids=["camera", "maps"])
@pytest.mark.parametrize("share", [0.01, 0.3])
def test_a_pile_is_a_clip_of_the_model(noise: CameraNoise | CameraMapNoise, share: float) -> None:
    top = int(np.quantile(FRAMES, 1 - share))
    clipped, codes = read_codes(counts(np.minimum(FRAMES, top)), noise, never)
    assert codes.top_adu == top == clipped.highest_adu
    assert codes.piled_share == pytest.approx(np.mean(FRAMES >= top))


def test_noise_without_a_width_in_adu_is_left_alone() -> None:
    noise = VisibilityNoise(np.ones((4, 4)))
    same, codes = read_codes(counts(4 * FRAMES), noise, never)
    assert same is noise
    assert codes == CameraCodes()
    assert isinstance(of_typical_pixel(GaussianMapNoise(np.full((4, 4), 3.0))), object)
