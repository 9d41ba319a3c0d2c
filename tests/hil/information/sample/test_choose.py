"""Which patches are taken, and the scale on which channels meet."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.sample.choose import choose_sample, smaller_patches
from hil.information.sample.prepare import take_in
from hil.noise import GaussianNoise

FRAMES = np.random.default_rng(0).normal(0, 5, (6, 2, 32, 40))


def test_so_many_patches_as_asked_for_are_drawn_by_the_seed() -> None:
    channels = take_in(FRAMES, GaussianNoise(3), 8, None)
    first, again, other = (
        choose_sample(channels, 8, seed, n_patches=6 * 2 * 5).places for seed in (1, 1, 2)
    )
    assert first.shape == (6, 5, 2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert all(len({tuple(at) for at in own}) == 5 for own in first)


def test_all_tiles_need_no_list_of_places() -> None:
    sample = choose_sample(take_in(FRAMES, GaussianNoise(3), 8, None), 8, 0)
    assert sample.corners is None
    assert sample.places.shape == (1, 20, 2)
    assert not sample.one_scene


def test_one_field_becomes_two_regions() -> None:
    sample = choose_sample(take_in(FRAMES[:1], GaussianNoise(3), 8, None), 8, 0)
    assert sample.one_scene
    assert sample.n_fields == 2


def test_channels_meet_on_a_scale_that_changes_no_entropy() -> None:
    both = np.stack([FRAMES, 7 * FRAMES], axis=2)
    sample = choose_sample(take_in(both, [GaussianNoise(3), GaussianNoise(21)], 8, None), 8, 0)
    scales = [channel.scale for channel in sample.channels]
    assert math.prod(scales) == pytest.approx(1)
    assert [9 / scales[0] ** 2, 441 / scales[1] ** 2] == pytest.approx(
        [sample.noise_variance_adu2] * 2
    )


@pytest.mark.parametrize("n_patches", [11, 2.5, True])
def test_fewer_patches_than_frames_are_refused(n_patches: object) -> None:
    channels = take_in(FRAMES, GaussianNoise(3), 8, None)
    with pytest.raises(InputError, match="n_patches"):
        choose_sample(channels, 8, 0, n_patches=n_patches)  # type: ignore[arg-type]


def test_the_smaller_patch_that_would_do_is_named() -> None:
    mask = np.zeros((32, 32), bool)
    mask[8:16, 8:16] = True
    assert "8 leaves 1" in smaller_patches(mask, 16, 1)
    assert "larger areas" in smaller_patches(np.zeros((32, 32), bool), 16, 1)
