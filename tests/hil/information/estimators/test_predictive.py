"""`predictive` on problems whose information is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.special import entr, logsumexp, ndtr, ndtri, softmax

from hil.information import estimate_information
from hil.information.estimators import find_estimator
from hil.noise import (
    CameraMapNoise,
    CameraNoise,
    EmccdNoise,
    GaussianNoise,
    NoiseModel,
    PoissonNoise,
)
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.records.estimate import making_wrong

SHAPE = (8, 1, 96, 96)


class Flat(NamedTuple):
    says: str
    noise: NoiseModel
    lambda_e: float


TEN_BIT = CameraNoise(0.5, 100, 1.6, 10)


def near_the_clip(share: float) -> float:
    top = (TEN_BIT.highest_adu - TEN_BIT.offset_adu) * TEN_BIT.gain_e_per_adu
    return float(top + ndtri(share) * math.sqrt(top + TEN_BIT.read_noise_e**2))


FLATS = [
    *(Flat(f"{mean:g} photons", PoissonNoise(), mean) for mean in (0.3, 1, 3, 10, 100)),
    *(Flat(f"{share:.0%} clipped", TEN_BIT, near_the_clip(share)) for share in (0.01, 0.2, 0.9)),
    *(Flat(f"{g:g} e/ADU", CameraNoise(g, 100, 1.6), 200.0) for g in (0.05, 0.27, 30)),
    Flat("dark end cut off", CameraNoise(1.0, 0.5, 2.0), 1.0),
    Flat("EMCCD", EmccdNoise(5.0, 200, 40.0, 300), 2.0),
]


@pytest.mark.parametrize("case", FLATS, ids=lambda case: case.says)
def test_flat_fields_carry_nothing(case: Flat) -> None:
    rng = np.random.default_rng(1)
    frames = case.noise.sample(np.full(SHAPE, case.lambda_e), rng)
    found = estimate_information(frames, case.noise, "predictive", 8, max_saturated_share=1.0)
    distribution = np.unique(frames, return_counts=True)[1] / frames.size
    # what so many pixels say of their entropy at all, which H(Y|X) does not share
    scatter = math.sqrt(
        (distribution @ np.log2(distribution) ** 2 - (distribution @ np.log2(distribution)) ** 2)
        / frames.size
    )
    assert found.bits_per_pixel == pytest.approx(0, abs=0.003 + 2 * scatter)
    assert found.details["held_out_bits"] == pytest.approx(0, abs=0.005 + 2 * scatter)


def fields(rng: np.random.Generator, covariance: np.ndarray, n: int) -> np.ndarray:
    """(n, N / 2, N / 2) periodic Gaussian fields of a covariance (N, N) on a torus."""
    amplitude = np.sqrt(np.maximum(np.fft.fft2(covariance).real, 0))
    white = rng.standard_normal((n, *covariance.shape))
    whole = np.fft.ifft2(amplitude * np.fft.fft2(white)).real
    return np.asarray(whole[:, : covariance.shape[0] // 2, : covariance.shape[1] // 2])


def lags(n: int) -> tuple[np.ndarray, np.ndarray]:
    at = np.minimum(np.arange(n), n - np.arange(n)) * np.where(np.arange(n) <= n // 2, 1, -1)
    return at[:, None].astype(float), at[None, :].astype(float)


PROCESSES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "exponential": lambda y, x: 900 * np.exp(-np.hypot(y, x) / 3),
    "oriented": lambda y, x: 1e4 * np.exp(-((y + x) ** 2) / 128 - (y - x) ** 2 / 8),
    "smooth": lambda y, x: 1e4 * np.exp(-(y**2 + x**2) / 18),
}


@pytest.mark.parametrize("name", PROCESSES)
def test_gaussian_processes(name: str) -> None:
    rng, p, sigma = np.random.default_rng(2), 8, 10.0
    covariance = PROCESSES[name]
    scene = fields(rng, covariance(*lags(192)), 8)
    frames = np.rint(1000 + scene + rng.normal(0, sigma, scene.shape)).astype(np.int32)
    row, column = np.divmod(np.arange(p * p), p)
    own = covariance(
        (row[:, None] - row[None]).astype(float), (column[:, None] - column[None]).astype(float)
    )
    truth = np.linalg.slogdet(np.eye(p * p) + own / sigma**2)[1] / (2 * p * p * math.log(2))
    gaussian = estimate_information(frames, GaussianNoise(sigma), "stationary", p)
    found = estimate_information(frames, GaussianNoise(sigma), "predictive", p)
    # the fields are what they are: what a Gaussian says of them is the truth within its own error
    assert gaussian.bits_per_pixel == pytest.approx(truth, abs=0.03)
    assert found.bits_per_pixel == pytest.approx(gaussian.bits_per_pixel, abs=0.004)


def test_few_patches_of_a_gaussian_process() -> None:
    rng = np.random.default_rng(3)
    scene = fields(rng, PROCESSES["exponential"](*lags(192)), 8)
    frames = np.rint(1000 + scene + rng.normal(0, 10, scene.shape)).astype(np.int32)
    gaussian = estimate_information(frames, GaussianNoise(10), "stationary", 16)
    found = estimate_information(frames, GaussianNoise(10), "predictive", 16)
    assert found.n_patches < 300
    assert found.bits_per_pixel == pytest.approx(gaussian.bits_per_pixel, abs=0.01)


def test_hits_of_cosmic_rays_are_rare_news() -> None:
    rng = np.random.default_rng(4)
    noise = CameraNoise(0.5, 100, 1.6)
    frames = noise.sample(np.full(SHAPE, 200.0), rng).astype(float)
    hit = rng.random(SHAPE) < 2e-4
    frames[hit] += rng.exponential(1500, int(hit.sum()))
    found = estimate_information(np.rint(frames).astype(np.uint16), noise, "predictive", 8)
    assert found.bits_per_pixel == pytest.approx(0.004, abs=0.015)


def test_sparse_beads() -> None:
    rng = np.random.default_rng(5)
    noise, share = CameraNoise(0.5, 100, 1.6), 1e-3
    frames = noise.sample(np.where(rng.random(SHAPE) < share, 2000.0, 50.0), rng)
    truth = float(entr([share, 1 - share]).sum()) / math.log(2)
    found = estimate_information(frames, noise, "predictive", 8)
    assert truth - 0.005 < found.bits_per_pixel < truth + 0.02


@pytest.mark.parametrize(("low_e", "high_e"), [(50.0, 150.0), (10.0, 20.0)])
def test_independent_pixels_of_two_levels(low_e: float, high_e: float) -> None:
    rng, noise = np.random.default_rng(6), CameraNoise(0.5, 100, 1.6)
    frames = noise.sample(np.where(rng.random(SHAPE) < 0.5, low_e, high_e), rng)
    edges = np.arange(1200, dtype=np.float64) - 0.5
    distribution = CameraPixel(0.5, 100, 1.6, 65535).probabilities(np.array([low_e, high_e]), edges)
    h_y = float(entr(distribution.mean(axis=0)).sum())
    truth = (h_y - float(entr(distribution).sum(axis=1).mean())) / math.log(2)
    found = estimate_information(frames, noise, "predictive", 8)
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.008)


def test_stripes_of_two_levels_are_told_from_their_neighbours() -> None:
    """Rows of one level each: all that a patch of 8 x 8 says is 8 bits, were there no noise."""
    rng, noise = np.random.default_rng(7), CameraNoise(0.5, 100, 1.6)
    light = np.broadcast_to(np.where(rng.random((8, 1, 96, 1)) < 0.5, 50.0, 150.0), SHAPE)
    found = estimate_information(noise.sample(light.copy(), rng), noise, "predictive", 8)
    copula = estimate_information(noise.sample(light.copy(), rng), noise, "copula", 8)
    truth = 1 / 8
    assert truth - 0.005 < found.bits_per_pixel < truth + 0.05
    assert found.bits_per_pixel < copula.bits_per_pixel - 0.1


def ramps(rng: np.random.Generator, ratio: float, mean_e: float, n: int, side: int) -> np.ndarray:
    turn = rng.uniform(0, 2 * math.pi, (n, 1, 1))
    row, column = np.mgrid[0:side, 0:side] / (side - 1) - 0.5
    t = row * np.cos(turn) + column * np.sin(turn)
    low, high = (f(t, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    return np.asarray(mean_e * np.exp(((t - low) / (high - low) - 0.5) * math.log(ratio)))


def test_smooth_light_of_a_wide_range() -> None:
    p, side, noise = 8, 96, PoissonNoise()
    rng = np.random.default_rng(8)
    frames = rng.poisson(ramps(rng, 30, 200.0, 24, side))[:, None]
    every = ramps(rng, 30, 200.0, 360, side).reshape(-1, side // p, p, side // p, p)
    scenes = 2 * np.sqrt(every.swapaxes(2, 3).reshape(-1, p * p) + 0.375)
    chosen = rng.integers(len(scenes), size=300)
    y = scenes[chosen] + rng.standard_normal((300, p * p))
    joint = y @ scenes.T - (scenes**2).sum(axis=1) / 2
    evidence = logsumexp(joint, axis=1) - math.log(len(scenes))
    nats = float((joint[np.arange(300), chosen] - evidence).mean())
    truth = nats / (p * p * math.log(2))  # near enough, in the stabilised signal
    found = estimate_information(frames, noise, "predictive", p)
    copula = estimate_information(frames, noise, "copula", p)
    assert found.bits_per_pixel < copula.bits_per_pixel - 0.02
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.02)


def test_templates_in_frames_that_are_patches() -> None:
    rng, kinds, p, n = np.random.default_rng(9), 16, 8, 1500
    templates = 15 * rng.standard_normal((kinds, p * p))
    y = templates[rng.integers(kinds, size=n)] + rng.normal(0, 10, (n, p * p))
    joint = (y @ templates.T - (templates**2).sum(axis=1) / 2) / 100
    truth = math.log2(kinds) - entr(softmax(joint, axis=1)).sum(axis=1).mean() / math.log(2)
    frames = np.rint(500 + y).astype(np.int32).reshape(n, 1, p, p)
    found = estimate_information(frames, GaussianNoise(10), "predictive", p)
    assert found.bits_per_pixel == pytest.approx(truth / p**2, abs=0.02)


def test_few_photons_whose_corners_stay_dark() -> None:
    """The case in which families with variances of their own, and a floor, see 1e10 bits."""
    rng = np.random.default_rng(10)
    row, column = np.mgrid[0:12, 0:12] - 5.5
    light = 3 * np.exp(-(row**2 + column**2) / 6) * np.exp(0.3 * rng.standard_normal((1200, 1, 1)))
    found = estimate_information(rng.poisson(light)[:, None], PoissonNoise(), "predictive", 12)
    assert 0 < found.bits_per_pixel < 0.05


def textured(seed: int = 0) -> np.ndarray:
    white = np.random.default_rng(seed).standard_normal((6, 2, 69, 85))
    return np.rint(200 + 40 * (white[..., :64, :80] + white[..., 5:, 5:]) / 2).astype(np.int64)


TEXTURED = textured()


@pytest.mark.parametrize(
    ("frames", "within"),
    [
        (TEXTURED + 1000, 1e-9),
        (TEXTURED[:, ::-1], 2e-3),  # which patches distributions are fitted to changes
        (TEXTURED[..., ::-1], 5e-3),  # as does the order in which pixels are predicted
        (TEXTURED.swapaxes(2, 3), 5e-3),
    ],
    ids=["another offset", "repeats reversed", "mirrored", "transposed"],
)
def test_answers_hardly_depend_on(frames: np.ndarray, within: float) -> None:
    base, other = (
        estimate_information(one, GaussianNoise(15), "predictive", 8).bits_per_pixel
        for one in (TEXTURED, frames)
    )
    assert other == pytest.approx(base, abs=within)


@pytest.mark.parametrize(("density", "light_e"), [(0.02, 4000.0), (0.2, 500.0)])
def test_a_tail_tells_as_much_to_either_side(density: float, light_e: float) -> None:
    """A search would go for a coma of one sign else: it was 0.11 and 0.29 bit apart."""
    rng = np.random.default_rng(13)
    beads = rng.exponential(light_e, (8, 132, 132)) * (rng.random((8, 132, 132)) < density)
    light = (
        sum(
            0.5**i * np.roll(beads, i, axis=2) + 0.3**i * np.roll(beads, (i, i), axis=(1, 2))
            for i in range(5)
        )
        / 3
    )
    noise = CameraNoise(0.5, 100, 1.6)
    frames = noise.sample(20 + light[:, None, 2:-2, 2:-2], rng)
    to_one, to_other = (
        estimate_information(np.ascontiguousarray(one), noise, "predictive", 16).bits_per_pixel
        for one in (frames, frames[..., ::-1, ::-1])
    )
    assert to_other == pytest.approx(to_one, abs=0.02)


def test_channels_that_share_a_scene_say_it_once() -> None:
    rng = np.random.default_rng(11)
    scene = fields(rng, PROCESSES["exponential"](*lags(96)), 6)
    one = np.rint(500 + scene[:, None] + rng.normal(0, 10, (6, 1, 48, 48))).astype(np.int32)
    two = np.rint(500 + scene[:, None] + rng.normal(0, 10, (6, 1, 48, 48))).astype(np.int32)
    both = np.stack([one, two], axis=2)
    alone = estimate_information(one, GaussianNoise(10), "predictive", 8).bits_per_pixel
    found = estimate_information(both, GaussianNoise(10), "predictive", 8).bits_per_pixel
    gaussian = estimate_information(both, GaussianNoise(10), "stationary", 8).bits_per_pixel
    assert found < 0.8 * alone
    assert found == pytest.approx(gaussian, abs=0.015)


def test_folds_see_nothing_of_what_they_are_held_against() -> None:
    """Noise alone, far fewer patches than parameters: the bound is above nothing, not below."""
    rng = np.random.default_rng(12)
    frames = rng.poisson(20.0, (5, 1, 24, 24))
    found = estimate_information(frames, PoissonNoise(), "predictive", 8)
    assert found.details["held_out_bits"] > -0.03
    assert found.details["in_sample_bits"] < found.details["held_out_bits"]
    assert find_estimator("predictive").needed_patches == 8


def test_gaussian_cells_of_coarse_codes() -> None:
    rng, sigma = np.random.default_rng(13), 0.4
    frames = np.rint(rng.normal(1000.3, sigma, SHAPE)).astype(np.uint16)
    h = float(entr(np.diff(ndtr((np.arange(990, 1011) - 0.5 - 1000.3) / sigma))).sum())
    found = estimate_information(frames, GaussianNoise(sigma), "predictive", 8)
    assert found.h_y_nats == pytest.approx(h, abs=0.006)


@pytest.mark.parametrize("light_e", [0.0, 3.0, 30.0])
def test_pixels_of_their_own_noise(light_e: float) -> None:
    """A mixture of all pixels' noise for each of them is worth a quarter of a bit in the dark."""
    rng, side = np.random.default_rng(14), 96
    noise = CameraMapNoise(
        gain_e_per_adu=0.5,
        offset_adu=100 + rng.normal(0, 1.5, (side, side)),
        read_noise_e=1.6 * np.exp(0.5 * rng.standard_normal((side, side))),
        response=1 + 0.01 * rng.standard_normal((side, side)),
    )
    frames = noise.sample(np.full((8, 1, side, side), light_e), rng)
    found = estimate_information(frames, noise, "predictive", 8)
    assert found.bits_per_pixel == pytest.approx(0, abs=0.015)
    # one field is cut in two, and a mask cuts the maps too
    one = estimate_information(frames[:1], noise, "predictive", 8)
    mask = np.ones((side, side), dtype=bool)
    mask[:9] = False
    masked = estimate_information(frames, noise, "predictive", 8, mask=mask)
    assert one.bits_per_pixel == pytest.approx(0, abs=0.05)
    assert masked.bits_per_pixel == pytest.approx(0, abs=0.015)


def test_large_patches_are_products_of_smaller_ones() -> None:
    rng = np.random.default_rng(15)
    scene = fields(rng, PROCESSES["exponential"](*lags(256)), 3)
    frames = np.rint(500 + scene[:, None] + rng.normal(0, 10, (3, 1, 128, 128))).astype(np.int32)
    large, small = (
        estimate_information(frames, GaussianNoise(10), "predictive", p) for p in (64, 32)
    )
    assert large.n_patches == small.n_patches / 4
    assert large.bits_per_pixel == pytest.approx(small.bits_per_pixel, abs=5e-3)


def test_two_levels_behind_optics() -> None:
    """Linear prediction and kinds of whole patches alone read 0.98 to 1.03."""
    rng, camera = np.random.default_rng(11), CameraNoise(1.0, 100, 1.6)
    white = gaussian_filter(rng.standard_normal(SHAPE), (0, 0, 3, 3), mode="wrap")
    light = gaussian_filter(np.where(white > 0, 4000.0, 1000.0), (0, 0, 1, 1), mode="wrap")
    found = estimate_information(camera.sample(light, rng), camera, "predictive", 8)
    assert found.bits_per_pixel < 0.85


def test_three_levels_behind_optics() -> None:
    """Predictions alone read 0.50, and 0.22 bit is there without optics."""
    rng, camera = np.random.default_rng(12), CameraNoise(1.0, 100, 1.6)
    white = gaussian_filter(rng.standard_normal((6, 1, 96, 96)), (0, 0, 6, 6), mode="wrap")
    level = np.digitize(white / white.std(), [-0.43, 0.43])
    light = gaussian_filter(250.0 + 1625.0 * level, (0, 0, 0.8, 0.8), mode="wrap")
    found = estimate_information(camera.sample(light, rng), camera)
    assert found.details["told_by_patch_bits"] > 0.1
    assert found.bits_per_pixel < 0.36


def test_lines_of_one_pixel_behind_optics() -> None:
    """Predictions alone read 0.60."""
    rng, camera = np.random.default_rng(5), CameraNoise(1.0, 100, 1.6)
    light = np.full((6, 1, 96, 96), 250.0)
    for frame in light[:, 0]:
        for _ in range(24):
            angle, length = rng.uniform(0, math.pi), rng.uniform(15, 40)
            along = np.arange(-length / 2, length / 2, 0.5)
            row, column = rng.uniform(0, 96, 2)
            rows = np.rint(row + along * math.sin(angle)).astype(int) % 96
            frame[rows, np.rint(column + along * math.cos(angle)).astype(int) % 96] = 3500
    light = gaussian_filter(light, (0, 0, 1.2, 1.2), mode="wrap")
    found = estimate_information(camera.sample(light, rng), camera)
    assert found.bits_per_pixel < 0.48


def fringes(period_px: float, n: int = 6, side: int = 80, *, chirped: bool = False) -> np.ndarray:
    rng = np.random.default_rng(4)
    row, column = np.mgrid[:side, :side] - side / 2
    angle, phase = rng.uniform(0, 2 * math.pi, (2, n, 1, 1, 1))
    along = row * np.cos(angle) + column * np.sin(angle)
    along = along + along * np.abs(along) / side * 1.5 if chirped else along
    return np.asarray(1 + 0.8 * np.sin(2 * math.pi * along / period_px + phase))


def test_fringes_are_told_on_large_patches_too() -> None:
    frames = PoissonNoise().sample(1000 * fringes(10.0), np.random.default_rng(1))
    small, large = (estimate_information(frames, PoissonNoise(), patch_size=p) for p in (10, 20))
    # two numbers, angle and phase, are all that there is to be known of either
    assert large.bits_per_pixel < 0.5 * small.bits_per_pixel
    assert "light_untold" not in large.flags


def test_a_surface_that_templates_do_not_fill_is_flagged() -> None:
    light = 3000 * fringes(24.0, chirped=True)
    frames = PoissonNoise().sample(light, np.random.default_rng(1))
    found = estimate_information(frames, PoissonNoise(), patch_size=8)
    assert "light_untold" in found.flags
    assert found.details["surface_left_bits"] > 0.03


@pytest.mark.parametrize("how", ["channels", "mask"])
def test_fringes_that_are_not_told_are_flagged(how: str) -> None:
    light = 1000 * fringes(10.0)
    light = np.concatenate([light, light], axis=1)[:, None] if how == "channels" else light
    disc = np.hypot(*(np.mgrid[:80, :80] - 40)) < 38
    mask = None if how == "channels" else disc
    frames = PoissonNoise().sample(light, np.random.default_rng(1))
    found = estimate_information(frames, PoissonNoise(), patch_size=8, mask=mask)
    assert "light_untold" in found.flags
    assert found.details["untold_bits"] > 0.1


def test_a_texture_in_channels_is_told() -> None:
    white = gaussian_filter(np.random.default_rng(0).standard_normal((6, 1, 80, 80)), (0, 0, 1, 1))
    light = 300 * np.exp(0.3 * white / white.std())
    frames = PoissonNoise().sample(np.stack([light, 2 * light], axis=2), np.random.default_rng(1))
    found = estimate_information(frames, PoissonNoise(), patch_size=8)
    assert not making_wrong(found.flags)


@pytest.mark.parametrize("contrast", [0.0, 2.0])
@pytest.mark.parametrize(("side", "n"), [(24, 200), (16, 100)])
def test_frames_that_are_patches_of_smooth_scenes(side: int, n: int, contrast: float) -> None:
    """What kinds of frames cost is not half of what they fit better: they are of eight each."""
    noise, rng, wide = GaussianNoise(4.0), np.random.default_rng(7), side + 16
    scene = gaussian_filter(rng.normal(size=(n, wide, wide)), (0, 1.5, 1.5))[:, 8:-8, 8:-8]
    impulse = np.zeros((61, 61))
    impulse[30, 30] = 1.0
    kernel = np.abs(np.fft.fft2(gaussian_filter(impulse, 1.5), s=(121, 121))) ** 2
    lags = np.fft.ifft2(kernel).real
    apart = np.subtract.outer(np.arange(side), np.arange(side)) % 121
    correlation = lags[apart[:, None, :, None], apart[None, :, None, :]] / lags[0, 0]
    seen = np.eye(side**2) + contrast**2 * correlation.reshape(side**2, -1)
    truth = 0.5 * np.linalg.slogdet(seen)[1] / math.log(2) / side**2
    values = 500 + 4 * (contrast * scene / math.sqrt(lags[0, 0]) + rng.normal(size=scene.shape))
    found = estimate_information(np.rint(values).astype(np.uint16), noise, "predictive", side)
    # 0.03 too low where half of the gap was taken off
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.015)
    assert found.ci_low - 0.005 < truth < found.ci_high + 0.005
