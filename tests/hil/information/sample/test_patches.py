"""Patches by size, stride, chance and mask."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.errors import InputError
from hil.information import cut_patches, estimate_information, patch_corners
from hil.information.sample.patches import covering
from hil.noise import GaussianNoise, PoissonNoise


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


def masked_scene(seed: int, n: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Correlated scenes in noise, with a region of interest, dead pixels, and rubbish elsewhere."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((n, 104, 104))
    scene = sum(white[:, i : i + 96, j : j + 96] for i in range(5) for j in range(5))
    frames = 4 * np.asarray(scene) + rng.normal(0, 10, (n, 96, 96)) + 500
    row, column = np.mgrid[:96, :96]
    mask = (row - 40) ** 2 + (column - 50) ** 2 < 44**2
    mask[rng.integers(0, 96, 40), rng.integers(0, 96, 40)] = False
    frames[:, ~mask] = np.where(rng.random((n, int((~mask).sum()))) < 0.1, np.nan, 65535)
    return frames, mask


def box_truth(p: int) -> float:
    """Bits per pixel of those scenes: 5 x 5 box filter of white noise of sd 4, noise of sd 10."""
    at = np.stack(np.meshgrid(np.arange(p), np.arange(p), indexing="ij"), -1).reshape(-1, 2)
    apart = np.abs(at[:, None] - at[None])
    covariance = 16 * np.prod(np.maximum(5 - apart, 0), axis=-1)
    return float(np.linalg.slogdet(np.eye(p * p) + covariance / 100)[1]) / (2 * p * p * math.log(2))


@pytest.mark.parametrize(
    ("estimator", "within"),
    [("stationary", 0.02), ("gaussian", 0.04), ("copula", 0.02), ("best", 0.02)],
)
def test_masked_pixels_count_nowhere(estimator: str, within: float) -> None:
    frames, mask = masked_scene(3)
    found = estimate_information(frames, GaussianNoise(10), estimator, 4, mask=mask)
    assert found.bits_per_pixel == pytest.approx(box_truth(4), abs=within)
    assert "noise_mismatch" not in found.flags
    assert "fixed_pattern" not in found.flags
    other = np.where(mask, frames, 0.0)
    again = estimate_information(other, GaussianNoise(10), estimator, 4, mask=mask)
    assert again.bits_per_pixel == found.bits_per_pixel
    assert (again.ci_low, again.ci_high) == (found.ci_low, found.ci_high)


def test_one_scene_with_a_mask() -> None:
    frames, mask = masked_scene(4, n=3)
    found = [
        estimate_information(frames[k : k + 1], GaussianNoise(10), patch_size=4, mask=mask)
        for k in range(3)
    ]
    assert all({"one_scene", "too_few_units"} <= set(one.flags) for one in found)
    mean = np.mean([one.bits_per_pixel for one in found])
    assert mean == pytest.approx(box_truth(4), abs=0.04)


def test_a_rectangle_of_interest_is_the_frame_cut_out() -> None:
    frames = np.random.default_rng(0).poisson(20, (6, 2, 60, 70))
    mask = np.zeros((60, 70), bool)
    mask[5:53, 11:67] = True
    found = estimate_information(frames, PoissonNoise(), "copula", 8, mask=mask)
    cut = estimate_information(frames[..., 5:53, 11:67], PoissonNoise(), "copula", 8)
    assert replace(found, seconds=0.0) == replace(cut, seconds=0.0)


def test_stride_and_number_choose_the_patches() -> None:
    frames = np.random.default_rng(0).normal(0, math.sqrt(2) * 10, (6, 2, 64, 64))
    count = {
        name: estimate_information(frames, GaussianNoise(10), "gaussian", 8, **options)
        for name, options in {
            "tiles": {},
            "overlapping": {"stride": 4},
            "apart": {"stride": 16},
            "drawn": {"n_patches": 250},
            "all drawn": {"n_patches": 10**6},
        }.items()
    }
    assert {name: one.n_patches for name, one in count.items()} == {
        "tiles": 768,
        "overlapping": 12 * 15**2,
        "apart": 12 * 16,
        "drawn": 240,
        "all drawn": 768,
    }
    for one in count.values():
        assert one.bits_per_pixel == pytest.approx(0.5, abs=0.02)
    assert count["all drawn"].bits_per_pixel == count["tiles"].bits_per_pixel


def test_too_small_a_region_names_the_patch_size_that_would_do() -> None:
    frames = np.random.default_rng(0).normal(0, 10, (2, 64, 64))
    mask = np.zeros((64, 64), bool)
    mask[20:34, 20:34] = True
    with pytest.raises(InputError, match="larger than the frame"):
        estimate_information(frames, GaussianNoise(10), mask=mask)
    mask[::9, ::9] = False
    with pytest.raises(InputError, match=r"smaller patch_size, \d+ leaves \d+ in each"):
        estimate_information(frames, GaussianNoise(10), patch_size=10, mask=mask)


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


@pytest.mark.parametrize(
    ("height", "width", "most", "p"),
    [(48, 48, 16, 16), (24, 24, 16, 12), (50, 100, 16, 10), (127, 127, 16, 14), (12, 12, 12, 12)],
)
def test_whole_frames_are_covered_as_far_as_may_be(
    height: int, width: int, most: int, p: int
) -> None:
    assert covering(height, width, most) == p
