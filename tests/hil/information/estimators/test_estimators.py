"""The registry, and the parts of the Gaussian families."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.estimators import estimator_names, find_estimator, half_sum_weight
from hil.information.estimators.gaussian import oas_shrinkage, wishart_weight
from hil.information.sample.sample import Sample, regions_of_one_field


def test_estimators_are_found_by_their_files() -> None:
    assert {"gaussian", "stationary"} <= set(estimator_names())
    assert all(find_estimator(name).needed_patches > 0 for name in estimator_names())


def test_import_loads_numpy_alone() -> None:
    script = "import sys, hil.information, hil.noise; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    assert not loaded & {"scipy", "zarr", "tifffile", "torch", "optuna", "sqlalchemy"}


def test_folds_follow_the_field() -> None:
    frames = np.zeros((12, 3, 16, 16))
    sample = Sample(frames, 8, 0.0, 1.0, discrete=False)
    assert sample.fold.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert sample.n_folds == 5
    assert Sample(frames[:3], 8, 0.0, 1.0, discrete=False).fold.tolist() == [0, 1, 2]


def test_patches_are_the_frames_cut_up() -> None:
    frames = np.arange(2 * 2 * 7 * 9, dtype=float).reshape(2, 2, 7, 9)
    patches = Sample(frames, 3, 0.0, 1.0, discrete=True).raw_patches
    assert patches.shape == (2, 2 * 6, 9)
    # 7 rows hold two patches with one row over, which is left out at the end
    assert np.array_equal(patches[1, 6 + 4].reshape(3, 3), frames[1, 1, 3:6, 3:6])


def test_regions_of_one_field_keep_a_guard_between() -> None:
    frames = np.arange(40.0)[None, None, :, None] * np.ones((1, 2, 40, 20))
    regions = regions_of_one_field(frames, 8)
    assert regions.shape == (2, 2, 16, 20)
    assert regions[1].min() - regions[0].max() == 9
    with pytest.raises(InputError, match="too small"):
        regions_of_one_field(frames, 16)


@pytest.mark.parametrize("n", [4, 5, 8])
def test_regions_of_stacked_patches_are_whole_patches(n: int) -> None:
    stacked = np.repeat(np.arange(n), 6)[None, None, :, None] * np.ones((1, 1, 6 * n, 6))
    for region in Sample(regions_of_one_field(stacked, 6), 6, 0.0, 1.0, False).raw_patches:
        assert (np.ptp(region, axis=1) == 0).all()


def test_oas_shrinks_noise_and_spares_structure() -> None:
    rng = np.random.default_rng(0)
    noise = np.cov(rng.standard_normal((40, 30)).T)
    structure = np.diag(np.r_[1000.0, np.ones(29)])
    assert oas_shrinkage(noise, 40) > 0.8
    assert oas_shrinkage(structure, 10_000) < 0.01
    assert oas_shrinkage(np.eye(30), 40) == 1


def test_weights_tend_to_each_other() -> None:
    assert half_sum_weight(5) == pytest.approx(4 / 9)
    assert half_sum_weight(10_000) == pytest.approx(0.5, abs=1e-4)
    assert wishart_weight(16, 1_000_000, 800_000) == pytest.approx(half_sum_weight(5), abs=1e-4)


@pytest.mark.parametrize("n", [60, 200])
def test_wishart_weight_is_unbiased_for_gaussian_data(n: int) -> None:
    d, rng = 16, np.random.default_rng(8)
    trained = n * 4 // 5
    errors = []
    for _ in range(400):
        y = rng.standard_normal((n, d))

        def loss(train: np.ndarray, test: np.ndarray) -> float:
            covariance = np.cov(train.T, bias=True)
            z = test - train.mean(axis=0)
            distance = np.einsum("ni,ij,nj->n", z, np.linalg.inv(covariance), z).mean()
            return float(0.5 * (np.linalg.slogdet(covariance)[1] + distance - d) / d)

        weight = wishart_weight(d, n, trained)
        errors.append(weight * loss(y[:trained], y[trained:]) + (1 - weight) * loss(y, y))
    standard_error = np.std(errors) / 20
    assert standard_error < 0.01
    assert abs(np.mean(errors)) < 4 * standard_error
