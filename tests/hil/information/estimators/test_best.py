"""`best`: the family that predicts fields it has not seen best, by its name."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from hil.information import estimate_information
from hil.information.estimators import estimator_names, find_estimator
from hil.information.registry import estimators_that
from hil.noise import GaussianNoise, NoiseModel, PoissonNoise

P = 6
RNG = np.random.default_rng(1)


def place() -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(P), np.arange(P), indexing="ij"), axis=-1).reshape(-1, 2)


def covariance() -> np.ndarray:
    apart = np.linalg.norm(place()[:, None] - place()[None], axis=-1)
    return 900 * np.exp(-apart / 3)


def process(weight: np.ndarray, n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scene = rng.standard_normal((n, P * P)) @ np.linalg.cholesky(covariance()).T * weight
    return (scene + rng.normal(0, 10, scene.shape)).reshape(n, P, P) + 500


def templates(n: int) -> np.ndarray:
    rng = np.random.default_rng(2)
    scene = 30 * rng.standard_normal((12, P, P))
    return scene[rng.integers(12, size=n)] + rng.normal(0, 10, (n, P, P))


class Case(NamedTuple):
    says: str
    frames: np.ndarray
    noise: NoiseModel
    chosen: set[str]


ROW = 0.3 + 1.4 * np.sin(np.pi * (place()[:, 0] + 0.5) / P)
CASES = [
    Case("stationary scenes", process(np.ones(P * P), 1500, 3), GaussianNoise(10), {"stationary"}),
    Case("brighter in the middle", process(ROW, 2500, 4), GaussianNoise(10), {"gaussian"}),
    Case(
        "few photons, every pixel of its own brightness",
        RNG.poisson(2 * np.exp(0.6 * RNG.standard_normal((6, 60, 60)))),
        PoissonNoise(),
        {"copula"},
    ),
    Case(
        "few photons of one scene",
        RNG.poisson(2.0, (6, 60, 60)),
        PoissonNoise(),
        {"copula", "mixture", "predictive"},
    ),
    Case("templates", templates(1200), GaussianNoise(10), {"mixture"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_chooses(case: Case) -> None:
    found = estimate_information(case.frames, case.noise, "best", P)
    assert found.details["chosen"] in case.chosen
    assert found.estimator == "best"
    compared = found.details["compared_nats"]
    assert min(compared, key=compared.get) == found.details["chosen"]


def test_is_what_the_chosen_one_says() -> None:
    case = CASES[0]
    found = estimate_information(case.frames, case.noise, "best", P)
    alone = estimate_information(case.frames, case.noise, found.details["chosen"], P)
    assert found.bits_per_pixel == alone.bits_per_pixel
    assert (found.ci_low, found.ci_high) == (alone.ci_low, alone.ci_high)
    assert found.details["held_out_bits"] == alone.details["held_out_bits"]


def test_few_patches() -> None:
    truth = np.linalg.slogdet(np.eye(P * P) + covariance() / 100)[1] / (2 * P * P * math.log(2))
    found = [
        estimate_information(process(np.ones(P * P), 300, seed), GaussianNoise(10), "best", P)
        for seed in range(8)
    ]
    errors = [one.bits_per_pixel - truth for one in found]
    # one patch of 36 pixels scatters by 1 / sqrt(72) nat
    scatter = 1 / math.sqrt(72 * 300) / math.log(2)
    assert abs(np.mean(errors)) < 4 * scatter / math.sqrt(8)
    assert max(np.abs(errors)) < 4 * scatter


def test_families_that_need_more_patches_are_left_out() -> None:
    found = estimate_information(process(np.ones(P * P), 10, 5), GaussianNoise(10), "best", P)
    assert set(found.details["compared_nats"]) == {"stationary", "copula", "predictive"}
    assert found.details["left_out"]["gaussian"] == "gaussian: needs 16 patches, there are 10"


def test_only_probabilities_of_codes_are_compared_on_integers() -> None:
    """Dark corners, where a density read at the integers would win by summing to more than 1."""
    rng = np.random.default_rng(7)
    row, column = np.mgrid[0:12, 0:12] - 5.5
    light = np.exp(-(row**2 + column**2) / 2) * np.exp(0.3 * rng.standard_normal((1200, 1, 1)))
    frames = rng.poisson(light)
    found = estimate_information(frames, PoissonNoise(), "best", 12)
    assert set(found.details["compared_nats"]) <= set(
        estimators_that(lambda traits: traits.on_codes)
    )
    assert found.details["left_out"]["gaussian"] == "is no probability on integers"
    assert -0.01 < found.bits_per_pixel < 0.04
    for name in ("gaussian", "copula_gaussian"):  # whose variances had next to no floor
        alone = estimate_information(frames, PoissonNoise(), name, 12)
        assert -0.02 < alone.details["held_out_bits"] < 1
        assert abs(alone.bits_per_pixel) < 1


def test_all_closed_forms_take_part_and_no_other() -> None:
    names = set(estimator_names())
    closed_form = estimators_that(lambda traits: traits.compared == "always")
    slow = estimators_that(lambda traits: traits.compared == "if near")
    assert len(closed_form) >= 5 and slow == ("mixture",)
    assert {*closed_form, *slow, "best", "best+pixelcnn"} <= names
    assert set(find_estimator("best").names) == set(closed_form)  # type: ignore[attr-defined]
    with_it = find_estimator("best+pixelcnn")
    assert set(with_it.names) == {*closed_form, "pixelcnn"}  # type: ignore[attr-defined]
