"""What was found of the codes, and numbers in place of ADU."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.sample.codes_found import NOTHING_FOUND, CameraCodes
from hil.noise.code_step import CodeStep


def test_where_nothing_was_found_frames_stay_and_nothing_is_said() -> None:
    frames = np.arange(8, dtype=np.uint16)
    assert NOTHING_FOUND.numbers(frames) is frames
    assert not NOTHING_FOUND.flags
    assert not NOTHING_FOUND.details()
    assert NOTHING_FOUND.in_codes(17.0) == 17.0


@pytest.mark.parametrize(("step", "phase"), [(16.0, 0.0), (1.5, 0.2), (2.7, -0.4)])
def test_numbers_of_codes_take_the_place_of_adu_in_their_type(step: float, phase: float) -> None:
    k = np.arange(1, 500)
    codes = CameraCodes(CodeStep(step, phase), divided=True)
    frames = np.rint(step * k + phase).astype(np.uint16)
    assert np.array_equal(codes.numbers(frames), k)
    assert codes.numbers(frames).dtype == np.uint16
    assert codes.flags == {"code_step"}
    assert codes.in_codes(step * 7 + phase) == pytest.approx(7)


def test_a_comb_that_could_not_be_divided_out_is_another_flag() -> None:
    assert CameraCodes(CodeStep(4.0)).flags == {"codes_not_divided"}
    assert CameraCodes(top_adu=9.0, duplicates=2).flags == {"clips_inside", "duplicate_frames"}
