"""Patches by size, stride, chance and mask."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.errors import InputError
from hil.information import cut_patches, estimate_information, patch_corners
from hil.noise import GaussianNoise


def test_tiles_are_those_of_the_estimators() -> None:
    frames = np.random.default_rng(0).normal(0, 12, (6, 2, 45, 50))
    corners = patch_corners(45, 50, 8)
    assert len(corners) == 5 * 6
    cut = estimate_information(cut_patches(frames, 8, corners), GaussianNoise(10), "gaussian", 8)
    whole = estimate_information(frames, GaussianNoise(10), "gaussian", 8)
    assert cut.h_y_given_x_nats == whole.h_y_given_x_nats
    assert cut.n_patches == whole.n_patches


@settings(max_examples=100, deadline=None)
@given(
    st.integers(2, 7),
    st.integers(1, 9) | st.none(),
    st.integers(0, 2**32 - 1),
    st.integers(1, 5) | st.none(),
)
def test_no_patch_touches_what_is_masked(
    p: int, stride: int | None, seed: int, n: int | None
) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((30, 25)) > 0.01
    corners = patch_corners(30, 25, p, stride=stride, mask=mask, n=n, rng=rng)
    patches = cut_patches(mask[None].astype(int), p, corners)
    assert patches.all()
    assert patches.shape == (1, len(corners) * p, p)
    assert n is None or len(corners) <= n
    tiled = patch_corners(30, 25, p, stride=stride)
    chosen = {tuple(corner) for corner in corners}
    assert chosen <= {tuple(corner) for corner in tiled}
    if n is None:
        clean = {(t, c) for t, c in map(tuple, tiled) if mask[t : t + p, c : c + p].all()}
        assert chosen == clean


@pytest.mark.parametrize("estimator", ["stationary", "gaussian"])
def test_dead_pixels_and_what_lies_outside_do_not_count(estimator: str) -> None:
    rng = np.random.default_rng(1)
    frames = rng.normal(0, math.sqrt(2), (8, 96, 96))
    mask = np.zeros((96, 96), bool)
    mask[10:90, 10:90] = True
    mask[rng.integers(0, 96, 12), rng.integers(0, 96, 12)] = False
    frames[:, ~mask] = rng.normal(0, 300, (8, int((~mask).sum())))
    corners = patch_corners(96, 96, 4, mask=mask)
    found = estimate_information(cut_patches(frames, 4, corners), GaussianNoise(1), estimator, 4)
    assert found.bits_per_pixel == pytest.approx(0.5, abs=0.02)
    assert estimate_information(frames, GaussianNoise(1), estimator, 4).bits_per_pixel > 2


def test_stacked_patches_are_not_taken_for_neighbours() -> None:
    # columns of bright and dark patches: the lags across their borders mean nothing
    rng = np.random.default_rng(2)
    level = np.repeat(np.repeat(rng.choice([-30.0, 30.0], (8, 12, 12)), 8, axis=1), 8, axis=2)
    frames = level + rng.normal(0, 10, level.shape)
    corners = patch_corners(96, 96, 8, n=100, rng=rng)
    found = estimate_information(cut_patches(frames, 8, corners), GaussianNoise(10), patch_size=8)
    truth = math.log2(1 + 64 * 9) / 2 / 64  # of a Gaussian with the same covariance
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.02)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"stride": 0}, "stride"),
        ({"stride": 1.5}, "stride"),
        ({"mask": np.zeros((20, 20), bool)}, "mask"),
        ({"mask": np.ones((20, 21), bool)}, "mask"),
        ({"mask": np.ones((20, 20))}, "mask"),
        ({"n": 0, "rng": np.random.default_rng(0)}, "n"),
        ({"n": 2}, "n"),
    ],
)
def test_wrong_choices_are_refused(options: dict[str, object], where: str) -> None:
    with pytest.raises(InputError) as caught:
        patch_corners(20, 20, 4, **options)  # type: ignore[arg-type]
    assert caught.value.where == where


def test_calibration_widens_the_interval() -> None:
    frames = np.random.default_rng(0).normal(0, 12, (8, 64, 64))
    sure = estimate_information(frames, GaussianNoise(10), patch_size=8)
    unsure = estimate_information(
        frames, GaussianNoise(10), patch_size=8, noise_variance_relative_sd=0.05
    )
    sd = 0.025 / math.log(2)
    assert unsure.details["calibration_sd_bits"] == pytest.approx(sd)
    half = math.hypot((sure.ci_high - sure.ci_low) / 2, 1.959964 * sd)
    assert (unsure.ci_high - unsure.ci_low) / 2 == pytest.approx(half)
    assert unsure.bits_per_pixel == sure.bits_per_pixel
