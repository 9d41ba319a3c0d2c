"""Frames, noise and mask as they are given, to channels that can be worked on."""

from __future__ import annotations

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.sample.prepare import box_of, take_in
from hil.noise import GaussianMapNoise, GaussianNoise, PoissonNoise, VisibilityNoise

FRAMES = np.random.default_rng(0).poisson(50, (3, 2, 2, 16, 16))


def test_one_noise_serves_all_channels_or_each_has_its_own() -> None:
    assert len(take_in(FRAMES, PoissonNoise(), 8, None)) == 2
    both = take_in(FRAMES, [PoissonNoise(), GaussianNoise(3)], 8, None)
    assert [type(one.noise) for one in both] == [PoissonNoise, GaussianNoise]
    assert both[0].noise_variance_adu2 == pytest.approx(FRAMES[:, :, 0].mean())
    assert not any(one.converted for one in both)


@pytest.mark.parametrize(
    ("noise", "says"), [([PoissonNoise()] * 3, "3 models for 2 channels"), (7, "no noise model")]
)
def test_noise_that_is_none_or_too_many_is_refused(noise: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        take_in(FRAMES, noise, 8, None)  # type: ignore[arg-type]


def test_frames_are_cut_to_the_rectangle_around_the_mask() -> None:
    mask = np.zeros((16, 16), bool)
    mask[2:12, 4:14] = True
    (whole,) = take_in(FRAMES[:, :, 0], PoissonNoise(), 8, mask)
    assert np.array_equal(whole.checked.frames, FRAMES[:, :, 0, 2:12, 4:14])
    assert whole.checked.usable is None
    mask[5, 5] = False
    (holed,) = take_in(FRAMES[:, :, 0], PoissonNoise(), 4, mask)
    assert holed.checked.usable is not None
    assert holed.checked.usable.sum() == 99


def test_noise_that_varies_is_made_even_and_said_to_be_in_another_unit() -> None:
    (one,) = take_in(FRAMES[:, :, 0], GaussianMapNoise(np.full((16, 16), 2.0)), 8, None)
    assert one.converted
    assert one.checked.frames == pytest.approx(FRAMES[:, :, 0] / 2)
    with pytest.raises(InputError, match="real numbers"):
        mask = np.ones((16, 16), bool)
        mask[0, 0] = False
        take_in(FRAMES[:, :, 0] * (1 + 1j), VisibilityNoise(1), 8, mask)


def test_the_box_is_the_smallest() -> None:
    mask = np.zeros((9, 9), bool)
    mask[3, 2] = mask[6, 7] = True
    assert box_of(mask) == (slice(3, 7), slice(2, 8))
