"""A sample: folds, patches as they lie in the frames, regions of one field."""

from __future__ import annotations

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.sample.sample import (
    FOLDS,
    Channel,
    Sample,
    masked_regions,
    regions_of_one_field,
)

RNG = np.random.default_rng(0)
FRAMES = RNG.integers(0, 4000, (7, 2, 17, 22)).astype(np.uint16)


def test_patches_tile_the_middle_of_each_frame_row_by_row() -> None:
    sample = Sample(FRAMES, 5, 2000.0, 1.0, True)
    assert sample.raw_patches.shape == (7, 2 * 3 * 4, 25)
    assert np.array_equal(sample.raw_patches[3, 1].reshape(5, 5), FRAMES[3, 0, 1:6, 6:11])
    at = sample.places[0][1]
    assert at.tolist() == [1, 6]
    assert sample.patches == pytest.approx(sample.raw_patches.astype(float) - 2000)


def test_folds_are_of_fields_and_go_round() -> None:
    assert Sample(FRAMES, 5, 0.0, 1.0, True).fold.tolist() == [0, 1, 2, 3, 4, 0, 1]
    few = Sample(FRAMES[:3], 5, 0.0, 1.0, True)
    assert few.n_folds == 3 < FOLDS


def test_some_fields_are_those_fields() -> None:
    usable = RNG.random((7, 17, 22)) < 0.9
    part = Sample(FRAMES, 5, 0.0, 1.0, True, usable=usable).some(np.array([4, 1]))
    assert np.array_equal(part.frames, FRAMES[[4, 1]])
    assert np.array_equal(part.mask(1), usable[1])
    seen = part.pixels(part.frames, np.arange(2))
    assert seen.size == 2 * usable[[4, 1]].sum()


def test_channels_are_scaled_where_they_meet_and_raw_alone() -> None:
    frames = np.stack([FRAMES, FRAMES // 2], axis=2)
    channels = (Channel(10.0, 1.0, None, True, 2.0), Channel(20.0, 1.0, None, True, 0.5))
    sample = Sample(frames, 5, 15.0, 1.0, True, channels=channels)
    assert sample.values_per_patch == 50
    raw = sample.raw_patches.astype(float)
    assert sample.patches[..., :25] == pytest.approx((raw[..., :25] - 10) / 2)
    assert sample.patches[..., 25:] == pytest.approx((raw[..., 25:] - 20) / 0.5)
    alone = list(sample.by_channel())
    assert np.array_equal(alone[1].frames, FRAMES // 2)


def test_two_regions_of_one_field_keep_a_patch_apart() -> None:
    rows = np.broadcast_to(np.arange(40)[:, None], (1, 1, 40, 20))
    first, second = regions_of_one_field(rows, 6)
    assert second.min() - first.max() > 6
    assert first.shape == second.shape
    with pytest.raises(InputError, match="18 pixels along one side"):
        regions_of_one_field(rows[..., :17, :10], 6)


def test_masked_regions_have_equal_areas_and_a_guard() -> None:
    usable = np.ones((60, 30), bool)
    usable[:20, :15] = False
    one, two = masked_regions(usable, 4)
    assert not (one & two).any()
    assert (one | two)[~usable].sum() == 0
    rows = [np.flatnonzero(region.any(axis=1)) for region in (one, two)]
    assert rows[1][0] - rows[0][-1] > 4
    assert one.sum() == pytest.approx(two.sum(), rel=0.1)
