"""What speaks against an estimate, channel by channel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.diagnostics.diagnose import clip_adu, worst_saturated_share
from hil.information.sample.checks import check_frames
from hil.information.sample.prepare import take_in
from hil.noise import CameraNoise, GaussianNoise

FRAMES = np.random.default_rng(0).normal(200, 5, (4, 2, 32, 32)).round().astype(np.uint16)


@pytest.mark.parametrize(
    ("noise", "given", "clip"),
    [
        (CameraNoise(1, 100, 2, 12), None, 4095),
        (CameraNoise(1, 100, 2, 12), 3000, 3000),
        (CameraNoise(1, 100, 2, 12), 9000, 4095),
        (GaussianNoise(5), None, 65535),
    ],
)
def test_the_lowest_of_all_ends_counts(
    noise: CameraNoise | GaussianNoise, given: float | None, clip: float
) -> None:
    assert clip_adu(check_frames(FRAMES, noise, 8), noise, given) == clip


def test_real_numbers_have_no_end_of_their_own() -> None:
    noise = GaussianNoise(5)
    assert clip_adu(check_frames(FRAMES + 0.5, noise, 8), noise, None) == math.inf


def test_the_channel_that_clips_most_speaks_for_all() -> None:
    both = np.stack([FRAMES, FRAMES], axis=2)
    both[:, :, 1, :8] = 4095  # a quarter
    channels = take_in(both, CameraNoise(1, 100, 2, 12), 8, None)
    assert worst_saturated_share(channels, None) == pytest.approx(0.25)
    assert worst_saturated_share(channels[:1], None) == 0
