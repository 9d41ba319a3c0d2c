"""Cameras whose pixels differ: flat fields carry nothing, scenes what a perfect camera would see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import entr, ndtr

from hil.errors import InputError
from hil.information import OnlineEstimator, estimate_information
from hil.noise import CameraMapNoise, CameraNoise

SIDE = 96
GAIN, OFFSET, READ = 0.5, 100.0, 1.6


@dataclass(frozen=True)
class Quirks:
    """How much pixels differ: standard deviations, and what is lost to the corners."""

    response: float = 0.01
    offset_e: float = 2.0
    vignetting: float = 0.2
    hot: float = 0.001
    read_noise: float = 0.1
    bit_depth: int = 16

    def camera(self, rng: np.random.Generator, side: int = SIDE) -> CameraMapNoise:
        y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        shading = 1 - self.vignetting * (x**2 + y**2) / 2
        response = (
            shading / shading.mean() * (1 + self.response * rng.standard_normal((side, side)))
        )
        offset = OFFSET + self.offset_e / GAIN * rng.standard_normal((side, side))
        read = READ * np.exp(self.read_noise * rng.standard_normal((side, side)))
        hot = rng.random((side, side)) < self.hot
        dark = np.where(hot, 5000.0, 0.0)
        return CameraMapNoise(GAIN, offset, read, response, ~hot, dark, self.bit_depth)


ISSUE = Quirks()
STRONG = Quirks(response=0.03, offset_e=5.0, vignetting=0.4, hot=0.003)
PLAIN = CameraNoise(GAIN, OFFSET, READ)


def scenes(rng: np.random.Generator, n_fields: int, mean_e: float) -> np.ndarray:
    white = rng.standard_normal((n_fields, 1, SIDE + 6, SIDE + 6))
    smooth = sum(white[..., i : i + SIDE, j : j + SIDE] for i in range(7) for j in range(7)) / 7
    result: np.ndarray = mean_e * np.exp(0.1 * smooth)
    return result


@pytest.mark.parametrize(
    ("quirks", "estimator", "mean_e"),
    [
        (ISSUE, "copula", 200.0),
        (ISSUE, "copula", 15_000.0),
        (ISSUE, "stationary", 15_000.0),
        (STRONG, "copula", 15_000.0),
    ],
)
def test_a_flat_field_carries_nothing(quirks: Quirks, estimator: str, mean_e: float) -> None:
    rng = np.random.default_rng(1)
    camera = quirks.camera(rng)
    frames = camera.sample(np.full((12, 2, SIDE, SIDE), mean_e), rng)
    found = estimate_information(frames, camera, estimator, patch_size=8)
    assert abs(found.bits_per_pixel) < 0.01
    assert set(found.flags) <= {"negative"}


def test_without_maps_the_pattern_would_have_been_information() -> None:
    rng = np.random.default_rng(1)
    camera = Quirks(hot=0).camera(rng)
    frames = camera.sample(np.full((12, 2, SIDE, SIDE), 15_000.0), rng)
    found = estimate_information(frames, PLAIN)
    assert found.bits_per_pixel > 0.5
    assert "fixed_pattern" in found.flags


@pytest.mark.parametrize(
    ("estimator", "mean_e"), [("copula", 50.0), ("copula", 15_000.0), ("stationary", 15_000.0)]
)
def test_a_scene_carries_what_a_perfect_camera_sees(estimator: str, mean_e: float) -> None:
    rng = np.random.default_rng(2)
    camera = ISSUE.camera(rng)
    lambda_e = scenes(rng, 12, mean_e)
    found = estimate_information(camera.sample(lambda_e, rng), camera, estimator, patch_size=8)
    perfect = PLAIN.sample(lambda_e, rng)
    expected = estimate_information(
        perfect, PLAIN, estimator, patch_size=8, mask=camera.usable
    ).bits_per_pixel
    assert found.bits_per_pixel == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("mean_e", [1800.0, 2000.0, 2300.0])
def test_a_clipped_flat_field_carries_nothing(mean_e: float) -> None:
    rng = np.random.default_rng(3)
    camera = Quirks(hot=0, bit_depth=12).camera(rng)
    frames = camera.sample(np.full((12, 2, SIDE, SIDE), mean_e), rng)
    found = estimate_information(frames, camera, "copula", patch_size=8)
    assert abs(found.bits_per_pixel) < 0.01
    assert ("saturated" in found.flags) == (found.details["saturated_share"] > 1e-3)


def exact_bits(noise: CameraNoise, mean_e: float, spread: float) -> float:
    """I(X;Y) of one pixel under log-normal light, by summation."""
    u = np.linspace(-6, 6, 1201)
    weight = np.exp(-(u**2) / 2)
    weight /= weight.sum()
    lambda_e = mean_e * np.exp(spread * u)
    y = np.arange(int(noise.highest_adu) + 1) - 0.5
    sd = np.sqrt(lambda_e / GAIN**2 + (READ / GAIN) ** 2)[:, None]
    cdf = ndtr((y[1:] - lambda_e[:, None] / GAIN - OFFSET) / sd)
    distribution = np.diff(np.concatenate([0 * sd, cdf, np.ones_like(sd)], axis=1), axis=1)
    bits = (entr(weight @ distribution).sum() - weight @ entr(distribution).sum(axis=1)) / np.log(2)
    return float(bits)


@pytest.mark.parametrize("mean_e", [300.0, 1200.0, 2000.0, 4000.0])
def test_never_more_than_there_is_on_the_way_through_saturation(mean_e: float) -> None:
    rng = np.random.default_rng(4)
    camera = Quirks(hot=0, bit_depth=12).camera(rng)
    light = mean_e * np.exp(0.3 * rng.standard_normal((12, 1, SIDE, SIDE)))
    found = estimate_information(camera.sample(light, rng), camera, "copula", patch_size=8)
    exact = exact_bits(CameraNoise(GAIN, OFFSET, READ, 12), mean_e, 0.3)
    assert found.bits_per_pixel < exact + 0.02
    # and, of what there is, little is lost while little clips
    if found.details["saturated_share"] < 1e-3:
        assert found.bits_per_pixel > exact - 0.02


def test_maps_of_whole_adu_leave_integers_as_they_are() -> None:
    rng = np.random.default_rng(5)
    shift = rng.integers(-5, 6, (64, 64)).astype(float)
    camera = CameraMapNoise(GAIN, OFFSET + shift, READ)
    frames = camera.sample(np.full((4, 1, 64, 64), 300.0), rng)
    z, _ = camera.flatten(frames)
    assert (z.astype(int) == frames.astype(int) - (shift - shift.min()).astype(int)).all()


def test_without_maps_it_is_the_camera() -> None:
    rng = np.random.default_rng(6)
    frames = PLAIN.sample(scenes(rng, 6, 800.0), rng)
    plain = estimate_information(frames, PLAIN, "copula", 8)
    mapped = estimate_information(frames, CameraMapNoise(GAIN, OFFSET, READ), "copula", 8)
    assert mapped.bits_per_pixel == pytest.approx(plain.bits_per_pixel, abs=1e-4)


def test_the_same_frame_is_corrected_the_same_alone_and_among_others() -> None:
    rng = np.random.default_rng(7)
    camera = ISSUE.camera(rng)
    frames = camera.sample(scenes(rng, 3, 800.0), rng)
    together, _ = camera.flatten(frames)
    alone, _ = camera.flatten(frames[1, 0])
    assert (together[1, 0] == alone).all()


@pytest.mark.parametrize("hot", [0.0, 0.002])
def test_as_frames_come_it_is_the_same(hot: float) -> None:
    rng = np.random.default_rng(12)
    camera = Quirks(hot=hot).camera(rng)
    frames = camera.sample(np.repeat(scenes(rng, 5, 800.0), 2, axis=1), rng)
    online = OnlineEstimator(camera, patch_size=8)
    for number, field in enumerate(frames):
        online.update(field, number)
    batch = estimate_information(frames, camera, "stationary", 8)
    allowed = 1e-6 if hot == 0 else 0.01
    assert online.estimate().bits_per_pixel == pytest.approx(batch.bits_per_pixel, abs=allowed)


def test_as_frames_come_few_pixels_may_be_defective() -> None:
    camera = Quirks(hot=0.05).camera(np.random.default_rng(12))
    with pytest.raises(InputError, match="at most 1 %"):
        OnlineEstimator(camera)


def test_corrected_noise_is_what_corrected_frames_have() -> None:
    rng = np.random.default_rng(8)
    camera = STRONG.camera(rng)
    z, noise = camera.flatten(camera.sample(np.full((40, SIDE, SIDE), 60.0), rng))
    used = z[:, camera.usable].astype(float)
    measured = float(used.var(axis=0, ddof=1).mean())
    assert measured == pytest.approx(noise.mean_variance_adu2(float(used.mean()), True), rel=0.01)
    # all pixels respond alike
    assert used.mean(axis=0).std() == pytest.approx(np.sqrt(measured / 40), rel=0.05)


def test_binned_sums_have_the_noise_of_binned_maps() -> None:
    rng = np.random.default_rng(9)
    camera = Quirks(hot=0.01).camera(rng)
    frames = camera.sample(np.full((60, SIDE, SIDE), 400.0), rng).astype(float)
    blocks = (frames - OFFSET).reshape(60, SIDE // 2, 2, SIDE // 2, 2)
    binned = np.clip(blocks.sum(axis=(2, 4)) + OFFSET, 0, 65535)
    noise = camera.binned(2)
    z, corrected = noise.flatten(np.rint(binned))
    used = z[:, noise.usable].astype(float)
    assert np.mean(~noise.usable) == pytest.approx(0.04, abs=0.01)
    predicted = corrected.mean_variance_adu2(float(used.mean()), True)
    assert used.var(axis=0, ddof=1).mean() == pytest.approx(predicted, rel=0.01)
    assert used.mean(axis=0).std() == pytest.approx(np.sqrt(predicted / 60), rel=0.05)


def test_a_region_is_a_part_of_the_maps() -> None:
    camera = ISSUE.camera(np.random.default_rng(10))
    part = camera.region(10, 20, 32, 48)
    assert part.usable.shape == (32, 48)
    assert (part.offset_adu == camera.offset_adu[10:42, 20:68]).all()
    with pytest.raises(InputError, match="leaves the maps"):
        camera.region(100, 0, 32, 32)


@pytest.mark.parametrize(
    ("key", "values", "words"),
    [
        ("gain_e_per_adu", {"gain_e_per_adu": 0}, "above 0"),
        ("offset_adu", {"offset_adu": np.full((4, 4), -1.0)}, "from 0"),
        ("read_noise_e", {"read_noise_e": [1.0, 2.0]}, "a number or (height, width)"),
        ("response", {"response": np.full((4, 4), np.nan)}, "finite"),
        ("", {"response": np.ones((4, 4)), "usable": np.ones((4, 5), bool)}, "one size"),
        ("usable", {"usable": np.zeros((4, 4), bool)}, "some true"),
        ("saturation_adu", {"saturation_adu": 50.0}, "above the offset"),
        ("bit_depth", {"bit_depth": 40}, "1 to 32"),
    ],
)
def test_impossible_maps_are_refused_by_name(
    key: str, values: dict[str, object], words: str
) -> None:
    given = {"gain_e_per_adu": GAIN, "offset_adu": OFFSET, "read_noise_e": READ} | values
    with pytest.raises(InputError) as caught:
        CameraMapNoise(**given)  # type: ignore[arg-type]
    assert caught.value.key == key
    assert words in caught.value.problem


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        (np.zeros((4, 16, 16), np.uint16), "the noise's maps"),
        (np.full((4, 32, 32), 100.5), "no integers"),
        (np.full((4, 32, 32), np.nan), "no integers"),
        (np.full((4, 32, 32), 70_000.0), "gives 0 to 65535"),
        (np.full((4, 32, 32), -3), "gives 0 to 65535"),
        (np.full((4, 32, 32), 1j), "allowed: integers"),
    ],
)
def test_frames_that_this_camera_cannot_take_are_refused(frames: np.ndarray, words: str) -> None:
    camera = CameraMapNoise(GAIN, np.full((32, 32), OFFSET), READ)
    with pytest.raises(InputError, match=words):
        estimate_information(frames, camera)


def uneven_read_noise(side: int, spread: float, rng: np.random.Generator) -> CameraMapNoise:
    """An sCMOS sensor: read noise differs by pixel."""
    read = READ * np.exp(spread * rng.standard_normal((side, side)))
    return CameraMapNoise(GAIN, OFFSET, read)


@pytest.mark.parametrize("estimator", ["copula", "copula_gaussian"])
@pytest.mark.parametrize(("mean_e", "n_fields"), [(0.0, 6), (1.0, 6), (1.0, 1), (30.0, 6)])
def test_read_noise_that_differs_by_pixel_is_no_information(
    estimator: str, mean_e: float, n_fields: int
) -> None:
    rng = np.random.default_rng(7)
    camera = uneven_read_noise(96, 0.5, rng)
    frames = camera.sample(np.full((n_fields, 1, 96, 96), mean_e), rng)
    found = estimate_information(frames, camera, estimator, patch_size=8)
    assert abs(found.bits_per_pixel) < 0.02


def test_under_uneven_read_noise_a_scene_keeps_what_its_pixels_carry() -> None:
    """Independent pixels of Gaussian light: the mean over pixels of 1/2 log2(1 + S / N)."""
    rng = np.random.default_rng(8)
    camera = uneven_read_noise(128, 0.5, rng)
    light = np.maximum(60 + 12 * rng.standard_normal((8, 1, 128, 128)), 5)
    noise_e2 = 60 + camera.read_noise_e**2 + GAIN**2 / 12
    truth = float(np.mean(0.5 * np.log2(1 + 144 / noise_e2)))
    found = estimate_information(camera.sample(light, rng), camera, "copula", patch_size=8)
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.02)


@pytest.mark.parametrize("mean_e", [3.0, 200.0, 10_000.0])
def test_gains_that_differ_by_half_or_column_are_no_pattern(mean_e: float) -> None:
    rng = np.random.default_rng(9)
    gain = np.full((96, 96), GAIN)
    gain[:, 48:] *= 1.05
    gain[:, ::2] *= 0.97
    camera = CameraMapNoise(gain, OFFSET, READ)
    frames = camera.sample(np.full((24, 1, 96, 96), mean_e), rng)
    found = estimate_information(frames, camera, "copula", patch_size=8)
    assert abs(found.bits_per_pixel) < 0.01
