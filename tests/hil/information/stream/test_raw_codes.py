"""Codes that must be known while frames come."""

from __future__ import annotations

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.stream.raw_codes import RawCodes, check_codes
from hil.noise import CameraMapNoise, CameraNoise

MAPS = CameraMapNoise(0.8, 100.0, np.full((64, 64), 1.6))
ALL = np.ones((64, 64), bool)
FRAMES = MAPS.sample(
    300 * np.exp(0.4 * np.random.default_rng(0).standard_normal((2, 64, 64))),
    np.random.default_rng(1),
)


def test_the_first_frames_say_the_step_and_more_do_not_change_it() -> None:
    before = RawCodes(MAPS)
    first = before.after(4 * FRAMES[:1], ALL)
    assert not before.begun
    assert first.found.step.step_adu == 4
    more = first.after(4 * FRAMES[1:], ALL)
    assert more.found == first.found
    assert more.noise is first.noise
    assert more.counts is not None
    assert more.counts.n == FRAMES.size


def test_a_step_that_shows_late_cannot_be_divided_out_and_is_said() -> None:
    """A digital gain of 1.5 takes more pixels to see than the first frame has."""
    frames = np.rint(1.5 * np.tile(FRAMES, (8, 1, 1))).astype(np.uint16)
    late = RawCodes(MAPS).after(frames[:1], ALL)
    assert not late.found.flags
    late = late.after(frames[1:], ALL)
    assert not late.found.flags
    assert late.all_found().flags == {"codes_not_divided"}
    ahead = RawCodes(MAPS).after(frames, ALL)
    assert ahead.all_found().flags == {"code_step"}


def test_streams_of_different_steps_do_not_meet() -> None:
    one, other = (RawCodes(MAPS).after(k * FRAMES, ALL) for k in (4, 8))
    assert one.merged(other) is None
    both = one.merged(one)
    assert both is not None
    assert both.counts is not None
    assert both.counts.n == 2 * FRAMES.size
    assert RawCodes(MAPS).merged(one) is one


def test_what_lies_above_a_clip_is_refused_unless_the_camera_does_it() -> None:
    frames, top = FRAMES[:1], int(np.quantile(FRAMES, 0.9))
    soft = CameraNoise(0.8, 100, 1.6, 16, top)
    checked = check_codes(frames, soft, 8, None, lambda: None)
    assert checked.highest_adu == top
    hard = CameraNoise(0.8, 100, 1.6, 8)
    with pytest.raises(InputError, match="above the clip"):
        check_codes(frames, hard, 8, None, lambda: None)
    twelve = CameraNoise(0.8, 100, 1.6, 12)
    shifted = check_codes(16 * frames, twelve, 8, None, lambda: None)
    assert np.array_equal(shifted.frames[0], 16 * frames)
    assert shifted.highest_adu == 16 * frames.max()
