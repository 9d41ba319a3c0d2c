"""That the density is one, sees no pixel before its turn, and knows what it is made of."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hil.information.densities.predictive.cells import Cells
from hil.information.densities.predictive.coded_patches import CodedPatches
from hil.information.densities.predictive.light_distributions import light_distributions
from hil.information.densities.predictive.linear import LinearPredictor, stationary_predictors
from hil.information.densities.predictive.model import PredictiveModel, Predictors
from hil.information.densities.predictive.own_noise import OwnNoise
from hil.information.sample.sample import Sample
from hil.noise import CameraNoise, NoiseModel, PoissonNoise


def fitted(
    frames: np.ndarray, noise: NoiseModel, p: int, *, placed: bool = False
) -> PredictiveModel:
    variance = noise.mean_variance_adu2(float(frames.mean()), True)
    sample = Sample(frames, p, float(frames.mean()), variance, discrete=True, noise=noise)
    cells = Cells.of(sample)
    codes = cells.encode(sample.raw_patches.reshape(-1, p * p))
    return PredictiveModel(
        cells,
        [light_distributions(cells.channels[0], noise)],
        OwnNoise.of(cells, [noise], p * p),
        stationary_predictors(cells.stabilised(sample))[0],
        CodedPatches(codes, None),
        np.arange(len(codes)) % 3 == 2,
        p,
        np.random.default_rng(0),
        placed=placed,
    )


def steps(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Frames of two levels that hold for two pixels, with rare spikes."""
    light = np.repeat(np.repeat(rng.integers(0, 2, shape), 2, axis=-1), 2, axis=-2)
    return light + 30.0 * (rng.random(light.shape) < 0.01)


CASES = {
    "few photons": (PoissonNoise(), 0.8, False),
    "clipped at both ends": (CameraNoise(1.0, 1.0, 1.0, 2), 1.0, False),
    "frames that are patches": (PoissonNoise(), 0.8, True),
}


@pytest.mark.parametrize(("noise", "scale", "placed"), CASES.values(), ids=CASES)
def test_probabilities_of_all_patches_sum_to_one(
    noise: PoissonNoise | CameraNoise, scale: float, placed: bool
) -> None:
    rng = np.random.default_rng(3)
    size = (400, 1, 1, 1) if placed else (6, 1, 8, 8)
    frames = np.minimum(noise.sample(scale * steps(rng, size), rng), 4)
    model = fitted(frames.astype(np.int64), noise, 2, placed=placed)
    n = int(frames.max() - frames.min()) + 1
    everything = np.array(list(itertools.product(range(n), repeat=4)), dtype=np.int32)
    assert np.exp(-4 * model.nats(CodedPatches(everything, None))).sum() == pytest.approx(
        1, abs=1e-6
    )


@pytest.mark.parametrize("light_e", [2.0, 5000.0])
def test_last_pixel_has_probabilities_that_sum_to_one(light_e: float) -> None:
    """Were any class made of the pixel itself, by rounding even, the sum would be another."""
    rng, noise = np.random.default_rng(4), CameraNoise(0.5, 100, 1.6)
    frames = noise.sample(np.full((6, 1, 32, 32), light_e), rng)
    model = fitted(frames, noise, 4)
    n = int(frames.max()) - int(frames.min()) + 1
    patch = np.repeat(frames[:1, 0, :4, :4].reshape(1, 16).astype(np.int32), n, axis=0)
    patch -= int(frames.min())
    without = patch[:1].copy()
    patch[:, -1] = np.arange(n)
    joint = np.exp(-16 * model.nats(CodedPatches(patch, None)))
    # p(rest) by the same density, whatever the last pixel is
    every = np.stack([patch[0]] * 2)
    every[1, -1] = without[0, -1]
    share = np.exp(-16 * model.nats(CodedPatches(every, None)))
    assert joint[[0, without[0, -1]]] == pytest.approx(share)
    conditional = joint / joint.sum()
    distribution = noise.entropy_nats(np.array([light_e]))[0]
    entropy = -float(conditional @ np.log(conditional))
    assert entropy == pytest.approx(distribution, abs=0.15)


def test_predictions_do_not_see_what_comes_later_to_the_last_digit() -> None:
    rng = np.random.default_rng(5)
    p, d = 4, 16
    apart = np.abs(np.subtract.outer(np.arange(d), np.arange(d)))
    linear = LinearPredictor.of(np.full(d, 3.0), 40 * np.exp(-apart / 3) + np.eye(d))
    u = (50 * rng.standard_normal((300, d))).astype(np.float32)
    predictors = Predictors.fit(linear, u, p, rng, placed=False)
    flat = Sample(np.arange(400).reshape(1, 1, 20, 20), 4, 200.0, 1.0, discrete=True)
    alike = OwnNoise.of(Cells.of(flat), [None], d)
    at = 9
    other = u.copy()
    other[:, at:] += rng.standard_normal((300, d - at)).astype(np.float32)
    first, second = (predictors(one, alike, None) for one in (u, other))
    for a, b in zip(first.predictions, second.predictions, strict=True):
        assert np.array_equal(a[:, : at + 1], b[:, : at + 1])
        assert not np.array_equal(a[:, at + 1 :], b[:, at + 1 :])
    assert np.array_equal(first.kind[:, : at + 1], second.kind[:, : at + 1])
    assert np.array_equal(first.least_sd[:, : at + 1], second.least_sd[:, : at + 1])


def test_blocks_do_not_change_a_value() -> None:
    rng = np.random.default_rng(6)
    frames = rng.poisson(5 + 10 * steps(rng, (6, 1, 16, 16)))
    model = fitted(frames, PoissonNoise(), 4)
    codes = (frames[:, 0, :4, :4] - frames.min()).reshape(-1, 16).astype(np.int32)
    patches = CodedPatches(codes, None)
    parts = np.concatenate([model.nats(patches[:2]), model.nats(patches[2:])])
    assert model.nats(patches) == pytest.approx(parts, abs=1e-5)
