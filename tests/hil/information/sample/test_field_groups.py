"""Fields a few at a time: every one once, in order, and never too many values."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.sample.field_groups import field_groups


@pytest.mark.parametrize(
    ("shape", "groups"),
    [((3, 1, 512, 512), 3), ((100, 1, 16, 16), 1), ((10, 4, 256, 256), 10), ((0, 1, 4, 4), 0)],
)
def test_large_frames_go_one_by_one_and_small_ones_together(
    shape: tuple[int, ...], groups: int
) -> None:
    frames = np.broadcast_to(np.zeros(1), shape)
    found = list(field_groups(frames))
    assert len(found) == groups
    assert [i for group in found for i in range(shape[0])[group]] == list(range(shape[0]))
