"""Frames that make a stack, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from hil.calibration import PhotonTransfer
from hil.errors import InputError

GOOD = np.full((2, 8, 8), 100, np.uint16)


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        (GOOD.astype(float), "allowed: an array of integers"),
        (GOOD[:1], "2 repeats up"),
        (GOOD[0], "2 repeats up"),
        (np.full((2, 8, 8), 5000, np.uint16), "allowed: 0 to 4095"),
        (np.full((2, 8, 9), 100, np.uint16), r"allowed: \(8, 8\)"),
    ],
    ids=["floats", "one repeat", "one frame", "more than the bits", "another size"],
)
def test_frames_that_do_not_fit_are_refused(frames: np.ndarray, says: str) -> None:
    transfer = PhotonTransfer(12)
    transfer.add(GOOD, 1.0, 0.0, dark=True)
    with pytest.raises(InputError, match=says):
        transfer.add(frames, 1.0, 1.0)


def test_dark_and_lit_stacks_are_both_needed() -> None:
    transfer = PhotonTransfer(12)
    with pytest.raises(InputError, match="no dark stack"):
        transfer.fit()
    transfer.add(GOOD, 1.0, 0.0, dark=True)
    with pytest.raises(InputError, match="no lit stack"):
        transfer.fit()
