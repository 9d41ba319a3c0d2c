"""Was the patch large enough, were there fields enough?"""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.errors import InputError
from hil.information import against_fields, against_patch_size
from hil.information.sufficiency import (
    SufficiencyPoint,
    judge,
    judge_fields,
    judge_patch_size,
    patch_sizes_around,
)
from hil.noise import GaussianNoise

RNG = np.random.default_rng(0)
WHITE = RNG.standard_normal((6, 1, 100, 84))
SCENE = 20 * (WHITE[..., :96, :80] + WHITE[..., 4:, 4:])
FRAMES = np.rint(500 + SCENE + RNG.normal(0, 10, (6, 2, 96, 80))).astype(np.uint16)
NOISE = GaussianNoise(10)


def test_larger_patches_and_more_fields_tighten_the_bound() -> None:
    by_patch = against_patch_size(FRAMES, NOISE, patch_sizes=(2, 6, 10, 200))
    assert [point.patch_size for point in by_patch] == [2, 6, 10]
    # the scene's correlation lies at a lag of (4, 4)
    assert by_patch[0].bits_per_pixel > by_patch[2].bits_per_pixel + 0.01
    by_fields = against_fields(FRAMES, NOISE, patch_size=8)
    assert [point.n_fields for point in by_fields] == [2, 4, 6]
    gaps = [point.held_out_bits - point.in_sample_bits for point in by_fields]
    assert gaps[0] > gaps[-1] > 0


def point(
    patch_size: int, n_fields: int, bits: float, half_width: float = 0.01
) -> SufficiencyPoint:
    low, high = bits - half_width, bits + half_width
    return SufficiencyPoint(patch_size, n_fields, bits, low, high, bits + 0.001, bits - 0.001)


@pytest.mark.parametrize(
    ("bits_by_size", "enough", "fall"),
    [
        ({8: 1.0, 16: 0.9, 32: 0.895}, True, 0.005),
        ({8: 1.0, 16: 0.9, 32: 0.85}, False, 0.05),
        ({8: 1.0, 16: 0.9}, False, 0.1),  # no larger one fits: the way there tells
        ({16: 0.9, 32: 0.95}, False, -0.05),
        ({16: 0.9}, None, math.nan),
        ({8: 1.0, 32: 0.9}, None, math.nan),
    ],
)
def test_a_patch_is_large_enough_where_a_larger_one_changes_less_than_the_interval(
    bits_by_size: dict[int, float], enough: bool | None, fall: float
) -> None:
    verdict = judge_patch_size([point(p, 8, bits) for p, bits in bits_by_size.items()], 16)
    assert verdict.enough is enough
    assert verdict.fall_bits == pytest.approx(fall, nan_ok=True)


def test_fields_are_judged_by_the_bound_per_doubling() -> None:
    still = judge_fields([point(16, 4, 1.2), point(16, 16, 1.0)])
    assert (still.enough, still.fall_bits) == (False, pytest.approx(0.1))
    assert "16 are not enough: the bound still falls by 0.1000 bits per doubling" in still.sentence
    done = judge_fields([point(16, 16, 1.0), point(16, 24, 0.999)])
    assert done.enough
    assert judge_fields([point(16, 2, 1.0)]).enough is None
    assert judge_fields([point(16, 2, 1.0), point(16, 4, 0.9, math.nan)]).enough is None


def test_white_scenes_need_no_large_patch_and_correlated_ones_do() -> None:
    white = RNG.normal(0, math.sqrt(2), (8, 96, 96))
    found = judge(white, GaussianNoise(1), patch_size=8)
    assert [one.patch_size for one in found.by_patch_size] == [2, 4, 6, 8, 12]
    assert found.patch_size.enough
    assert found.fields.enough
    assert not judge(FRAMES, NOISE, patch_size=4).patch_size.enough


def test_the_estimate_of_all_fields_is_the_last_point() -> None:
    whole = point(8, 500, 0.5)
    found = judge(FRAMES, NOISE, patch_size=8, whole=whole)
    assert [one.n_fields for one in found.by_fields] == [2, 4, 6, 500]


def test_sizes_around_fit_the_frames() -> None:
    assert patch_sizes_around(16, 100, 20) == (4, 8, 12, 16)
    assert patch_sizes_around(64, 512, 512) == (16, 32, 48, 64)
    assert patch_sizes_around(2, 512, 512) == (2, 3)


def test_numbers_that_leave_too_few_patches_are_left_out() -> None:
    small = FRAMES[:, :1, :16, :16]
    found = against_fields(small, NOISE, "gaussian", 8)
    assert [one.n_fields for one in found] == [4, 6]
    with pytest.raises(InputError, match="needs"):
        against_fields(small[:2, :, :8, :8], NOISE, "gaussian", 8)


def test_each_field_gives_as_many_patches_whatever_their_number() -> None:
    points = against_fields(FRAMES, NOISE, "gaussian", 4, counts=(3, 6), n_patches=1200)
    assert [one.n_fields for one in points] == [3, 6]
