"""Frames on disk: the same numbers, one field in memory at a time; and plots of what suffices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from hil.errors import InputError
from hil.information import (
    against_fields,
    against_patch_size,
    estimate_information,
    estimate_stored,
    open_frames,
)
from hil.noise import GaussianNoise

RNG = np.random.default_rng(0)
WHITE = RNG.standard_normal((6, 1, 100, 84))
SCENE = 20 * (WHITE[..., :96, :80] + WHITE[..., 4:, 4:])
FRAMES = np.rint(500 + SCENE + RNG.normal(0, 10, (6, 2, 96, 80))).astype(np.uint16)
NOISE = GaussianNoise(10)


class Counted:
    """Frames that note how much of them was read at once."""

    def __init__(self, array: Any) -> None:
        self._array, self.largest = array, 0

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._array.shape)

    def __getitem__(self, index: Any) -> np.ndarray:
        part = np.asarray(self._array[index])
        self.largest = max(self.largest, part.size)
        return part


@pytest.mark.parametrize("kind", ["npy", "zarr"])
def test_stored_frames_give_the_same_and_are_never_loaded_whole(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"frames.{kind}"
    if kind == "npy":
        np.save(path, FRAMES)
    else:
        zarr.save_array(str(path), FRAMES)
    frames = Counted(open_frames(path))
    found = estimate_stored(frames, NOISE, patch_size=8)
    whole = estimate_information(FRAMES, NOISE, patch_size=8)
    assert found.bits_per_pixel == pytest.approx(whole.bits_per_pixel, abs=1e-6)
    assert frames.largest == FRAMES[0].size


def test_other_estimators_get_a_share_of_every_field() -> None:
    frames = Counted(FRAMES)
    found = estimate_stored(frames, NOISE, "gaussian", 4, max_patches=6 * 300)
    assert frames.largest == FRAMES[0].size
    assert found.n_patches == 2 * 6 * 300
    assert found.n_units == 6
    whole = estimate_information(FRAMES, NOISE, "gaussian", 4)
    assert found.bits_per_pixel == pytest.approx(whole.bits_per_pixel, abs=0.03)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        estimate_stored(FRAMES[0, 0], NOISE)
    with pytest.raises(InputError, match="larger than the frame"):
        estimate_stored(FRAMES[..., :40], NOISE, "gaussian", 60)


def test_larger_patches_and_more_fields_tighten_the_bound() -> None:
    by_patch = against_patch_size(FRAMES, NOISE, patch_sizes=(2, 6, 10, 200))
    assert [point.patch_size for point in by_patch] == [2, 6, 10]
    # the scene's correlation lies at a lag of (4, 4)
    assert by_patch[0].bits_per_pixel > by_patch[2].bits_per_pixel + 0.01
    by_fields = against_fields(FRAMES, NOISE, patch_size=8)
    assert [point.n_fields for point in by_fields] == [2, 4, 6]
    gaps = [point.held_out_bits - point.in_sample_bits for point in by_fields]
    assert gaps[0] > gaps[-1] > 0
