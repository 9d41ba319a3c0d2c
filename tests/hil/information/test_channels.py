"""Colours, spectral bands, views: several channels in one measurement."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import entr, gammaln, xlogy

from hil.errors import InputError
from hil.information import estimate_information
from hil.information.densities.neural.network import NetworkShape
from hil.information.densities.neural.training import Schedule
from hil.information.estimators.pixelcnn import PixelCNN
from hil.information.registry import estimators_that
from hil.noise import CameraMapNoise, CameraNoise, GaussianMapNoise, GaussianNoise, PoissonNoise

MIX = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, -1.0], [2.0, 0.0, 4.0]])
SIGMA = np.array([2.0, 4.0, 1.0])  # of the noise in each channel, ADU


class Scenes(NamedTuple):
    """Gaussian scenes: box-filtered white noise, mixed between channels."""

    says: str
    box: int
    channels: int
    gain: float = 1.0

    def frames(self, seed: int, n: int = 8, size: int = 96, repeats: int = 1) -> np.ndarray:
        rng = np.random.default_rng(seed)
        edge = self.box - 1
        white = rng.standard_normal((n, 1, self.channels, size + edge, size + edge))
        spread = range(self.box)
        scene = sum(white[..., i : i + size, j : j + size] for i in spread for j in spread)
        mixed = np.einsum("ab,nrbhw->nrahw", self.mix, np.asarray(scene))
        noise = rng.standard_normal((n, repeats, *mixed.shape[2:]))
        return mixed + self.sigma[:, None, None] * noise + 100 * self.sigma[:, None, None]

    def truth(self, p: int) -> float:
        at = np.stack(np.meshgrid(np.arange(p), np.arange(p), indexing="ij"), -1).reshape(-1, 2)
        apart = np.abs(at[:, None] - at[None])
        space = np.prod(np.maximum(self.box - apart, 0), axis=-1).astype(float)
        scene = np.kron(self.mix @ self.mix.T, space)
        ratio = scene / np.kron(np.outer(self.sigma, self.sigma), np.ones_like(space))
        d = len(ratio)
        return float(np.linalg.slogdet(np.eye(d) + ratio)[1]) / (2 * d * math.log(2))

    @property
    def mix(self) -> np.ndarray:
        return self.gain * MIX[: self.channels, : self.channels]

    @property
    def sigma(self) -> np.ndarray:
        return SIGMA[: self.channels]

    @property
    def noise(self) -> tuple[GaussianNoise, ...]:
        return tuple(GaussianNoise(sigma) for sigma in self.sigma)


SCENES = [
    Scenes("white, two channels", 1, 2),
    Scenes("white, three channels", 1, 3),
    Scenes("correlated in space and between channels", 3, 3),
    Scenes("smooth and bright: lags alone are no covariance", 6, 2, gain=8.0),
]


@pytest.mark.parametrize("scenes", SCENES, ids=lambda scenes: scenes.says)
@pytest.mark.parametrize(
    ("estimator", "p"),
    [
        ("stationary", 6),
        ("gaussian", 4),
        ("scale_mixture", 4),
        ("copula", 6),
        ("copula_gaussian", 4),
    ],
)
def test_known_answers(scenes: Scenes, estimator: str, p: int) -> None:
    found = [
        estimate_information(scenes.frames(seed), scenes.noise, estimator, p) for seed in range(2)
    ]
    error = np.mean([one.bits_per_pixel for one in found]) - scenes.truth(p)
    # the entropy of n independent values scatters by 1 / sqrt(2 n) nat, of correlated ones by more
    assert abs(error) < 0.012
    assert found[0].details["held_out_bits"] > scenes.truth(p) - 0.02


def test_best_tries_every_family_on_channels_too() -> None:
    scenes = SCENES[0]
    found = estimate_information(scenes.frames(0), scenes.noise, "best", 4)
    assert found.bits_per_pixel == pytest.approx(scenes.truth(4), abs=0.012)
    closed_form = estimators_that(lambda traits: traits.compared == "always")
    assert set(closed_form) <= set(found.details["compared_nats"])


def test_independent_channels_carry_the_mean_of_what_each_does() -> None:
    rng = np.random.default_rng(0)
    frames = rng.normal(0, [[[[2.0]], [[10.0]]]], (6, 1, 2, 64, 64))
    noise = (GaussianNoise(1.0), GaussianNoise(8.0))
    both = estimate_information(frames, noise, patch_size=4)
    alone = [
        estimate_information(frames[:, :, c], noise[c], patch_size=4).bits_per_pixel
        for c in range(2)
    ]
    assert both.bits_per_pixel == pytest.approx(np.mean(alone), abs=0.002)


@pytest.mark.parametrize("estimator", ["copula", "copula_gaussian"])
def test_channels_of_nothing_but_noise_of_any_law(estimator: str) -> None:
    rng = np.random.default_rng(12)
    camera = CameraNoise(0.5, 100, 1.6, 10)
    noise = (PoissonNoise(), camera, PoissonNoise())
    light_e = np.array([0.5, 460.0, 3.0])[:, None, None]  # half of the camera's pixels clip
    shape = np.ones((8, 1, 1, 64, 64))
    parts = [one.sample(e * shape, rng) for one, e in zip(noise, light_e, strict=True)]
    frames = np.concatenate(parts, axis=2)
    found = estimate_information(frames, noise, estimator, 4, max_saturated_share=1.0)
    assert found.bits_per_pixel == pytest.approx(0, abs=0.006)
    assert found.details["held_out_bits"] > 0


@pytest.mark.parametrize("estimator", ["copula", "copula_gaussian"])
def test_a_law_for_each_channel(estimator: str) -> None:
    """Scenes that have nothing in common: few photons, and real numbers, correlated in space."""
    rng = np.random.default_rng(13)
    smooth = SCENES[2].frames(0, n=6, size=64)[:, :, :1]
    photons = rng.poisson(3 * np.exp(rng.standard_normal(smooth.shape) / 2)).astype(float)
    both = estimate_information(
        np.concatenate([photons, smooth], axis=2), (PoissonNoise(), GaussianNoise(2)), estimator, 4
    )
    alone = [
        estimate_information(frames[:, :, 0], noise, estimator, 4).bits_per_pixel
        for frames, noise in ((photons, PoissonNoise()), (smooth, GaussianNoise(2)))
    ]
    assert both.bits_per_pixel == pytest.approx(np.mean(alone), abs=0.002)


@pytest.mark.parametrize("light_e", [1.0, 1000.0])
def test_two_views_of_counted_light_are_one_of_twice_the_light(light_e: float) -> None:
    rng = np.random.default_rng(14)
    scene = light_e * np.exp(0.1 * rng.standard_normal((8, 1, 1, 64, 64)))
    views = rng.poisson(scene * np.ones((2, 1, 1)))
    found = estimate_information(views, PoissonNoise(), "copula", 4)
    # the sum says all that both do, and is Poisson
    z = np.linspace(-8, 8, 801)
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    expected = 2 * light_e * np.exp(0.1 * z)
    y = np.arange(int(4 * light_e) + 40)
    distribution = weight @ np.exp(xlogy(y, expected[:, None]) - expected[:, None] - gammaln(y + 1))
    nats = float(entr(distribution).sum() - weight @ PoissonNoise().entropy_nats(expected))
    assert found.bits_per_pixel == pytest.approx(nats / (2 * math.log(2)), abs=0.012)


@pytest.mark.parametrize("estimator", ["stationary", "copula"])
def test_a_copy_of_a_channel_halves_its_noise(estimator: str) -> None:
    rng = np.random.default_rng(1)
    scene = rng.normal(0, 3, (6, 1, 1, 64, 64))
    frames = scene + rng.standard_normal((6, 1, 2, 64, 64))
    found = estimate_information(frames, GaussianNoise(1.0), estimator, 4)
    assert found.bits_per_pixel == pytest.approx(math.log2(1 + 2 * 9) / 4, abs=0.01)


@pytest.mark.parametrize("estimator", ["stationary", "gaussian", "copula"])
def test_one_channel_is_what_it_is_without_the_axis(estimator: str) -> None:
    frames = np.random.default_rng(2).normal(0, 12, (6, 2, 16, 16))
    plain = estimate_information(frames, GaussianNoise(10), estimator, 4)
    with_axis = estimate_information(frames[:, :, None], [GaussianNoise(10)], estimator, 4)
    assert with_axis.bits_per_pixel == plain.bits_per_pixel
    assert with_axis.details == plain.details


@pytest.mark.parametrize("estimator", ["stationary", "copula"])
def test_masks_and_repeats(estimator: str) -> None:
    scenes = SCENES[2]
    frames = scenes.frames(5, repeats=2)
    row, column = np.mgrid[:96, :96]
    mask = (row - 50) ** 2 + (column - 45) ** 2 < 43**2
    frames[:, :, 1, ~mask] = math.nan
    found = estimate_information(frames, scenes.noise, estimator, 4, mask=mask)
    assert found.bits_per_pixel == pytest.approx(scenes.truth(4), abs=0.015)
    assert found.flags == ()
    assert [one["noise_variance_ratio"] for one in found.details["channels"]] == pytest.approx(
        [1, 1, 1], abs=0.02
    )


def test_each_channel_has_bad_pixels_of_its_own() -> None:
    rng = np.random.default_rng(10)
    light = 200 * np.exp(0.2 * rng.standard_normal((6, 1, 1, 48, 48)))
    models = []
    for _ in range(2):
        usable = rng.random((48, 48)) > 0.01
        models.append(CameraMapNoise(0.5, 100.0, 1.6, usable=usable))
    frames = np.concatenate([model.sample(light, rng) for model in models], axis=2)
    for c, model in enumerate(models):
        frames[:, :, c, ~model.usable] = 65535
    found = estimate_information(frames, models, patch_size=4)
    plain = CameraNoise(0.5, 100.0, 1.6)
    clean = np.concatenate([plain.sample(light, rng) for _ in range(2)], axis=2)
    same = estimate_information(clean, plain, patch_size=4)
    assert found.bits_per_pixel == pytest.approx(same.bits_per_pixel, abs=0.03)
    assert "saturated" not in found.flags


def test_a_channel_with_the_wrong_noise_is_found() -> None:
    scenes = SCENES[2]
    frames = scenes.frames(6, repeats=2)
    wrong = (scenes.noise[0], GaussianNoise(1.2 * SIGMA[1]), scenes.noise[2])
    found = estimate_information(frames, wrong, patch_size=4)
    assert "noise_mismatch" in found.flags
    assert found.details["noise_variance_ratio"] == pytest.approx(1 / 1.44, abs=0.02)


def test_a_network_sees_what_channels_share() -> None:
    scenes = Scenes("white, copies", 1, 2)
    frames = scenes.frames(11, n=10, size=48)
    network = PixelCNN(
        NetworkShape(4, features=4, layers=1, units=8, components=2), Schedule(steps=8)
    )
    found = estimate_information(frames, scenes.noise, network, 4)
    assert found.bits_per_pixel == pytest.approx(scenes.truth(4), abs=0.02)


def test_integers_of_different_cameras() -> None:
    rng = np.random.default_rng(3)
    light = 60 * np.exp(0.3 * rng.standard_normal((8, 1, 1, 48, 48))) * np.ones((8, 2, 1, 1, 1))
    camera = CameraNoise(gain_e_per_adu=0.5, offset_adu=100, read_noise_e=1.6)
    frames = np.concatenate([rng.poisson(light), camera.sample(light, rng)], axis=2)
    noise = PoissonNoise(), camera
    found = estimate_information(frames, noise, "stationary", 4)
    # of a Gaussian with the covariance of these log-normal intensities, under their own noise
    scene = 60**2 * math.exp(0.09) * (math.exp(0.09) - 1)
    mean = 60 * math.exp(0.09 / 2)
    variance = [light, (light + 1.6**2) / 0.25 + 1 / 12]
    expected = np.diag([mean, (mean + 1.6**2) / 0.25 + 1 / 12])
    covariance = scene * np.outer([1, 2], [1, 2]) + expected
    nats = np.linalg.slogdet(covariance)[1] - sum(np.log(one).mean() for one in variance)
    assert found.bits_per_pixel == pytest.approx(nats / (4 * math.log(2)), abs=0.01)
    assert "noise_mismatch" not in found.flags
    # log-normal light is no Gaussian: what is known of its shape lowers the bound
    tighter = estimate_information(frames, noise, patch_size=4)
    assert tighter.details["held_out_bits"] < found.details["held_out_bits"]


def test_pairs_and_scenes_of_several_channels() -> None:
    rng = np.random.default_rng(4)
    shapes = 60 * rng.standard_normal((16, 2, 4, 4))
    shown = shapes[rng.integers(16, size=1000)][:, None]
    frames = shown + rng.normal(0, [[[10.0]], [[5.0]]], (1000, 8, 2, 4, 4))
    noise = (GaussianNoise(10.0), GaussianNoise(5.0))
    truth = 4 / 32  # 16 scenes that are well apart, 32 values
    pairs = estimate_information(frames, noise, "pairwise", 4)
    assert pairs.details["lower_bits"] == pytest.approx(truth, abs=0.003)
    assert pairs.bits_per_pixel == pytest.approx(truth, abs=0.003)
    mixture = estimate_information(frames[:, :1], noise, "mixture", 4)
    assert mixture.bits_per_pixel == pytest.approx(truth, abs=0.01)
    assert mixture.details["scenes"] == 16
    best = estimate_information(frames[:, :1], noise, "best", 4)
    assert best.details["chosen"] == "mixture"


def test_scenes_seen_by_counting_and_by_a_camera() -> None:
    rng = np.random.default_rng(5)
    shapes = rng.uniform(5, 200, (8, 1, 4, 4))
    shown = shapes[rng.integers(8, size=1200)][:, None]
    camera = CameraNoise(gain_e_per_adu=0.5, offset_adu=100, read_noise_e=1.6)
    frames = np.concatenate([rng.poisson(shown), camera.sample(shown, rng)], axis=2)
    found = estimate_information(frames, (PoissonNoise(), camera), "mixture", 4)
    assert found.bits_per_pixel == pytest.approx(3 / 32, abs=0.01)


def test_a_constant_channel_counts_as_values_that_say_nothing() -> None:
    frames = np.random.default_rng(6).normal(0, 2, (6, 1, 2, 48, 48))
    alone = estimate_information(frames[:, :, 0], GaussianNoise(1.0), patch_size=4)
    frames[:, :, 1] = 7.0
    found = estimate_information(frames, GaussianNoise(1.0), patch_size=4)
    assert found.bits_per_pixel == pytest.approx(alone.bits_per_pixel / 2)
    assert found.ci_high == pytest.approx(alone.ci_high / 2)
    assert found.details["held_out_bits"] == pytest.approx(alone.details["held_out_bits"] / 2)
    assert found.details["constant_channels"] == [1]
    assert "noise_mismatch" in found.flags
    frames[:, :, 0] = 3.0
    assert estimate_information(frames, GaussianNoise(1.0), patch_size=4).bits_per_pixel == 0


def test_noise_that_varies_over_one_channel() -> None:
    rng = np.random.default_rng(7)
    sigma = rng.uniform(1, 3, (48, 48))
    frames = rng.standard_normal((6, 1, 2, 48, 48)) * np.stack([sigma, 5 * np.ones((48, 48))])
    noise = (GaussianMapNoise(sigma), GaussianNoise(5.0))
    assert estimate_information(frames, noise, patch_size=4).bits_per_pixel == pytest.approx(
        0, abs=0.01
    )


@pytest.mark.parametrize("n", [1, 2])
def test_few_fields(n: int) -> None:
    frames = SCENES[1].frames(8, n=n, size=128)
    found = estimate_information(frames, SCENES[1].noise, patch_size=4)
    assert found.bits_per_pixel == pytest.approx(SCENES[1].truth(4), abs=0.03)
    assert "too_few_units" in found.flags


def test_wrong_number_of_noise_models() -> None:
    with pytest.raises(InputError, match="2 models for 3 channels"):
        estimate_information(np.zeros((4, 1, 3, 8, 8)), (GaussianNoise(1), GaussianNoise(1)))
