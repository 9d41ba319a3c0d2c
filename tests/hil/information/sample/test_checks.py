"""What frames must be, in the user's words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.sample.checks import check_frames, check_patch_size, check_share
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise

FRAMES = np.random.default_rng(0).integers(90, 120, (3, 2, 16, 16)).astype(np.uint16)


@pytest.mark.parametrize(
    ("frames", "noise", "says"),
    [
        (FRAMES + 0.5, PoissonNoise(), "not integers"),
        (FRAMES - 200.0, PoissonNoise(), "is negative"),
        (FRAMES + 200, CameraNoise(1, 10, 1, 8), "above the clip"),
        (np.where(FRAMES == 100, np.nan, FRAMES), GaussianNoise(1), "NaN or infinite"),
        (FRAMES * 1e9, GaussianNoise(1e9), "another unit"),
        (FRAMES + 0.25, GaussianNoise(1e-9), "is lost beside"),
    ],
)
def test_frames_that_the_noise_cannot_have_made_are_refused(
    frames: np.ndarray, noise: NoiseModel, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        check_frames(frames, noise, 8)


def test_integers_are_integers_in_floats_too() -> None:
    assert check_frames(FRAMES.astype(float), GaussianNoise(3), 8).discrete
    assert not check_frames(FRAMES + 0.25, GaussianNoise(3), 8).discrete


def test_what_may_not_be_used_is_not_looked_at() -> None:
    usable = np.ones((16, 16), bool)
    usable[3, 4] = False
    spoilt = FRAMES.astype(float)
    spoilt[..., 3, 4] = math.nan
    found = check_frames(spoilt, GaussianNoise(3), 8, usable)
    assert np.isfinite(found.frames).all()
    assert found.pixels.shape == (3, 2, 255)
    assert (found.lowest_adu, found.highest_adu) == (found.pixels.min(), found.pixels.max())
    assert not found.constant


@pytest.mark.parametrize("size", [1, 65, 17, 8.0, True, "8"])
def test_patches_are_integers_that_fit(size: object) -> None:
    with pytest.raises(InputError) as caught:
        check_patch_size(FRAMES, size)
    assert caught.value.where == "patch_size"


@pytest.mark.parametrize(
    ("value", "ends", "fine"),
    [
        (0.5, False, True),
        (0, False, False),
        (0, True, True),
        (1, True, True),
        (math.nan, True, False),
        ("a", True, False),
    ],
)
def test_ends_count_where_they_are_said_to(value: object, ends: bool, fine: bool) -> None:
    if fine:
        assert check_share("confidence", value, 0, 1, ends=ends) == value
    else:
        with pytest.raises(InputError):
            check_share("confidence", value, 0, 1, ends=ends)
