"""The registry, and the parts of the Gaussian families."""

from __future__ import annotations

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.sample.sample import Sample, regions_of_one_field


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
