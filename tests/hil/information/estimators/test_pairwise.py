"""Bounds from pairs: templates whose information is known by Monte Carlo lie between them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import entr, softmax

from hil.information import estimate_information
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise

P, K = 6, 16


def truth_bits(templates: np.ndarray, noise: NoiseModel) -> float:
    """(log2 K - mean entropy of the posterior over templates) / d."""
    rng = np.random.default_rng(99)
    drawn = templates[rng.integers(0, K, 20_000)]
    if isinstance(noise, GaussianNoise):
        y = rng.normal(drawn, noise.sigma_adu)
        log_p = -((y[:, None] - templates) ** 2).sum(axis=2) / (2 * noise.sigma_adu**2)
    else:
        y = rng.poisson(drawn)
        log_p = y @ np.log(templates).T - templates.sum(axis=1)
    posterior = entr(softmax(log_p, axis=1)).sum(axis=1).mean()
    return float((math.log(K) - posterior) / (math.log(2) * P * P))


class Case(NamedTuple):
    says: str
    noise: NoiseModel
    contrast: float
    repeats: int
    within_bits: float


CASES = [
    Case("separated, eight repeats", GaussianNoise(10), 30, 8, 0.006),
    Case("separated, four repeats", GaussianNoise(10), 30, 4, 0.03),
    Case("touching", GaussianNoise(10), 8, 8, 0.01),
    Case("overlapping", GaussianNoise(10), 4, 8, 0.12),
    Case("nearly alike", GaussianNoise(10), 1.5, 8, 0.12),
    Case("one repeat", GaussianNoise(10), 8, 1, 0.6),
    Case("two repeats", GaussianNoise(10), 8, 2, 0.35),
    Case("photons", PoissonNoise(), 40, 8, 0.01),
]


def templates_of(case: Case) -> np.ndarray:
    shape = np.random.default_rng(5).standard_normal((K, P * P))
    if isinstance(case.noise, GaussianNoise):
        return case.contrast * shape
    return case.contrast * np.exp(0.5 * shape)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_the_truth_lies_between_the_bounds(case: Case) -> None:
    templates = templates_of(case)
    rng = np.random.default_rng(7)
    scene = np.repeat(templates[rng.integers(0, K, 1500), None], case.repeats, axis=1)
    frames = case.noise.sample(scene, rng).reshape(1500, case.repeats, P, P)
    found = estimate_information(frames, case.noise, "pairwise", patch_size=P)
    truth = truth_bits(templates, case.noise)
    low, high = found.details["lower_bits"], found.details["upper_bits"]
    assert low - 0.003 <= truth <= high + 0.001
    assert high - low < case.within_bits
    assert found.bits_per_pixel == pytest.approx(high)
    assert "pairs_saturated" not in found.flags
    assert 0 <= found.details["lower_bias_bits"] < 0.02
    if case.repeats > 1:
        assert found.details["repeats_lower_bits"] < truth + 0.003


def test_more_repeats_close_the_gap() -> None:
    templates = 30 * np.random.default_rng(5).standard_normal((K, P * P))
    rng = np.random.default_rng(1)
    gaps = []
    for repeats in (1, 2, 8):
        scene = np.repeat(templates[rng.integers(0, K, 1000), None], repeats, axis=1)
        frames = rng.normal(scene, 10.0).reshape(1000, repeats, P, P)
        details = estimate_information(frames, GaussianNoise(10), "pairwise", patch_size=P).details
        gaps.append(details["upper_bits"] - details["lower_bits"])
    assert gaps[0] > gaps[1] > abs(gaps[2])


def test_scenes_that_are_all_different_saturate() -> None:
    rng = np.random.default_rng(2)
    scene = rng.normal(0, 60, (400, 1, 8, 8))
    frames = rng.normal(np.repeat(scene, 4, axis=1), 10)
    found = estimate_information(frames, GaussianNoise(10), "pairwise", patch_size=8)
    assert "pairs_saturated" in found.flags
    assert found.details["lower_bits"] * 64 == pytest.approx(math.log2(400), abs=0.05)


@pytest.mark.parametrize(
    "noise", [GaussianNoise(10), CameraNoise(0.5, 100, 1.6)], ids=["Gaussian", "camera"]
)
def test_flat_fields_carry_nothing(noise: NoiseModel) -> None:
    rng = np.random.default_rng(3)
    frames = noise.sample(np.full((600, 8, 6, 6), 200.0), rng)
    found = estimate_information(frames, noise, "pairwise", patch_size=6)
    assert found.details["lower_bits"] == pytest.approx(0, abs=0.004)
    assert found.details["upper_bits"] == pytest.approx(0, abs=0.02)
    assert found.details["repeats_lower_bits"] == pytest.approx(0, abs=0.004)


def test_places_of_one_field_are_not_paired() -> None:
    # each field shows one template all over: were they paired, they would seem alike
    rng = np.random.default_rng(4)
    scene = 50 * rng.standard_normal((40, 1, 6, 6))
    frames = rng.normal(np.tile(scene, (1, 8, 4, 4)), 10)
    found = estimate_information(frames, GaussianNoise(10), "pairwise", patch_size=6)
    assert "pairs_saturated" in found.flags
