"""Which pixels of a stream are used: a rectangle, and its whole patches."""

from __future__ import annotations

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.stream.region import Region, mask_in_words


def test_a_rectangle_is_a_smaller_frame() -> None:
    mask = np.zeros((20, 30), bool)
    mask[4:16, 10:25] = True
    region = Region.of(mask, 20, 30, 4)
    assert (region.usable, region.corners) == (None, None)
    assert region.n_pixels == 12 * 15
    assert region.cropped(np.zeros((3, 20, 30))).shape == (3, 12, 15)


def test_patches_hold_usable_pixels_alone() -> None:
    mask = np.ones((20, 30), bool)
    mask[7, 7] = mask[12, 20] = False
    region = Region.of(mask, 20, 30, 4)
    assert region.n_pixels == 598
    cut = region.patches(region.cropped(mask[None].astype(int)), 4)
    assert cut.shape[1:] == (4, 4)
    assert len(cut) > 20
    assert cut.all()


def test_a_mask_that_leaves_no_patch_says_which_size_would_do() -> None:
    holes = (np.arange(20)[:, None] % 4 > 0) & (np.arange(30) % 4 > 0)
    with pytest.raises(InputError, match="smaller patch_size, 3"):
        Region.of(holes, 20, 30, 8)


def test_words_for_masks_are_alike_only_where_masks_are() -> None:
    mask = np.ones((8, 8), bool)
    mask[2, 3] = False
    other = np.ones((8, 8), bool)
    other[3, 2] = False
    assert mask_in_words(None) == "all pixels"
    assert mask_in_words(mask) == mask_in_words(mask.copy())
    assert mask_in_words(mask) != mask_in_words(other)
