"""The neural density: causal, normalised, at least as good as its start, and the same each time."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import poisson

from hil.information import estimate_information
from hil.information.densities.neural.cross_fit import (
    quick,
)
from hil.information.densities.neural.training import (
    TrainingProgress,
)
from hil.information.estimators import find_estimator
from hil.information.estimators.pixelcnn import PixelCNN
from hil.information.sample.sample import Sample
from hil.noise import GaussianNoise, PoissonNoise
from tests.hil.information.densities.neural.tiny import SHORT, TINY, P, sample_of, template_frames


def process(n: int, seed: int) -> tuple[np.ndarray, float]:
    """Gaussian-process patches of 8 x 8 with noise of sigma 10, and their bits per pixel."""
    side = 8
    place = np.stack(np.meshgrid(*[np.arange(side)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    apart = np.linalg.norm(place[:, None] - place[None], axis=-1)
    covariance = 900 * np.exp(-apart / 3) + 100 * np.eye(side**2)
    y = np.random.default_rng(seed).standard_normal((n, side**2))
    y = y @ np.linalg.cholesky(covariance).T + 300
    bits = float(np.linalg.slogdet(covariance / 100)[1]) / (2 * side**2 * math.log(2))
    return y.reshape(n, side, side), bits


@pytest.mark.parametrize("rounded", [False, True])
def test_gaussian_scenes_end_at_the_gaussian_bound(rounded: bool) -> None:
    frames, truth = process(2000, 5)
    frames = np.rint(frames).astype(np.uint16) if rounded else frames
    found = estimate_information(frames, GaussianNoise(10), PixelCNN(TINY, SHORT), patch_size=8)
    gaussian = estimate_information(frames, GaussianNoise(10), "gaussian", patch_size=8)
    assert found.estimator == "pixelcnn"
    assert found.bits_per_pixel == pytest.approx(found.details["held_out_bits"], abs=1e-12)
    assert found.bits_per_pixel < gaussian.details["held_out_bits"] + 0.002
    # 2000 patches of 64 pixels scatter by 1 / sqrt(128 * 2000) nat
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.012)


def test_known_scenes_are_told_apart() -> None:
    frames, most = template_frames(2000, 6)
    network = PixelCNN(replace(TINY, units=16), SHORT)
    found = estimate_information(frames, GaussianNoise(10), network, patch_size=P)
    gaussian = estimate_information(frames, GaussianNoise(10), "gaussian", patch_size=P)
    assert gaussian.bits_per_pixel > most + 0.4
    assert most - 0.02 < found.bits_per_pixel < most + 0.2
    assert set(found.details["starts"]) == {"scenes"}


def test_bright_and_dark_patches_teach_more_than_a_gaussian_knows() -> None:
    rng = np.random.default_rng(7)
    contrast = np.exp(rng.normal(0, 1, (1500, 1, 1)))
    frames = rng.normal(0, 30, (1500, P, P)) * contrast + rng.normal(0, 10, (1500, P, P))
    found = estimate_information(
        frames, GaussianNoise(10), PixelCNN(TINY, replace(SHORT, steps=120)), patch_size=P
    )
    gaussian = estimate_information(frames, GaussianNoise(10), "gaussian", patch_size=P)
    assert found.bits_per_pixel < gaussian.bits_per_pixel - 0.2
    assert all(steps > 0 for steps in found.details["steps"])


@pytest.mark.parametrize("mean", [0.3, 3.0])
@pytest.mark.parametrize("top", [2, 1000])
def test_independent_counts_end_at_their_own_distribution(mean: float, top: int) -> None:
    y = np.minimum(np.random.default_rng(8).poisson(mean, (1600, P, P)), top)
    sample = Sample(y[:, None], P, float(y.mean()), mean, True, noise=PoissonNoise())
    found = PixelCNN(TINY, SHORT).cross_entropy(sample)
    probability = poisson.pmf(np.arange(top + 1), mean)
    probability[-1] += poisson.sf(top, mean)
    excess = found.upper_nats + np.log(probability[y]).mean()
    assert 0 < excess < 0.003


def test_a_seed_decides_everything() -> None:
    frames, _ = template_frames(400, 9)
    network = PixelCNN(TINY, SHORT)
    first = network.cross_entropy(sample_of(frames))
    cores = torch.get_num_threads()
    torch.set_num_threads(1 if cores > 1 else 2)
    again = network.cross_entropy(sample_of(frames))
    torch.set_num_threads(cores)
    other = network.cross_entropy(sample_of(frames, seed=1))
    assert np.array_equal(first.held_out_nats, again.held_out_nats)
    assert not np.array_equal(first.held_out_nats, other.held_out_nats)


def test_random_numbers_of_others_are_left_alone() -> None:
    frames, _ = template_frames(200, 9)
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    PixelCNN(TINY, replace(SHORT, steps=2)).cross_entropy(sample_of(frames))
    assert torch.equal(torch.rand(1), wanted)


def test_warm_starts_take_fewer_steps_to_no_worse(tmp_path: Path) -> None:
    both, _ = template_frames(2000, 10)
    frames, later = both[:1000], both[1000:]
    cold = PixelCNN(TINY, SHORT, keep_warm=True)
    cold.cross_entropy(sample_of(frames))
    cold.save(tmp_path / "weights.pt")
    steps: list[TrainingProgress] = []
    warm = PixelCNN(TINY, SHORT, told=steps.append)
    warm.load(tmp_path / "weights.pt")
    for fold, weights in cold.weights.items():
        assert all(torch.equal(value, warm.weights[fold][key]) for key, value in weights.items())
    found = warm.cross_entropy(sample_of(later))
    fresh = PixelCNN(TINY, SHORT).cross_entropy(sample_of(later))
    assert set(found.details["starts"]) == {"warm"}
    assert max(step.step for step in steps) <= quick(SHORT).steps < SHORT.steps
    assert found.upper_nats < fresh.upper_nats + 0.02
    assert {step.fold for step in steps} == set(range(5))
    assert all(step.best_nats <= step.start_nats for step in steps)


def test_the_registry_finds_it() -> None:
    assert isinstance(find_estimator("pixelcnn"), PixelCNN)


@pytest.mark.parametrize("top", [255, 65535])
def test_constants_may_be_followed_by_anything(top: int) -> None:
    y = np.ones((8, 9, P * P), dtype=np.uint16)
    y[3, 4, 5] = top
    frames = y.reshape(8, 3, 3, P, P).swapaxes(2, 3).reshape(8, 3 * P, 3 * P)
    found = estimate_information(frames, GaussianNoise(0.2), PixelCNN(TINY, SHORT), patch_size=P)
    assert math.isfinite(found.bits_per_pixel)
    assert found.details["held_out_bits"] > 0.1  # the fold that never saw it is surprised
