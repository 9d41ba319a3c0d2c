"""What one repeat has alone, and what all fields have, is the camera's."""

from __future__ import annotations

import numpy as np

from hil.information.diagnostics.spikes import SpikeLimit
from hil.information.spikes.camera import in_all_fields, in_one_repeat
from hil.noise import CameraNoise

CAMERA = CameraNoise(0.5, 100, 1.6)
LIMIT = SpikeLimit.of(CAMERA, 0.0, 20_000.0, True)


def beads(fields: int, repeats: int, rng: np.random.Generator) -> np.ndarray:
    """Single pixels, the same in all repeats of a field."""
    light = np.where(rng.random((fields, 1, 48, 48)) < 3e-3, 1500.0, 50.0)
    return CAMERA.sample(np.repeat(light, repeats, axis=1), rng).astype(np.int32)


def test_hits_of_one_repeat_are_found_and_beads_are_none() -> None:
    for repeats in (2, 3):
        frames = beads(3, repeats, np.random.default_rng(1))
        assert len(in_one_repeat(frames, LIMIT)) == 0
        frames[1, 1, 20, 30] += 700
        found = in_one_repeat(frames, LIMIT)
        assert found.at.T.tolist() == [[repeats + 1, 20, 30]]


def test_what_moves_between_repeats_is_no_hit() -> None:
    frames = beads(2, 2, np.random.default_rng(2))
    frames[0, 0, 10:14, 10:14] += 900
    frames[0, 1, 11:15, 12:16] += 900
    found = in_one_repeat(frames, LIMIT)
    assert len(found) == 0


def test_hot_pixels_are_in_all_fields_and_beads_are_not() -> None:
    frames = beads(6, 1, np.random.default_rng(3))
    assert len(in_all_fields(frames, LIMIT)) == 0
    frames[:, :, 7, 9] += 150
    frames[:, :, 40, 30] += 3000
    frames[:5, :, 22, 22] += 3000  # not in all
    found = in_all_fields(frames, LIMIT)
    assert {tuple(at) for at in found.at[1:].T.tolist()} == {(7, 9), (40, 30)}
    assert len(found) == 2 * 6


def test_what_a_few_rough_scenes_have_in_common_by_chance_is_no_hot_pixel() -> None:
    rng = np.random.default_rng(4)
    for fields in (4, 6, 12):
        light = 2000 + 120 * rng.standard_normal((fields, 1, 160, 160))
        frames = CAMERA.sample(np.repeat(light, 2, axis=1), rng).astype(np.int32)
        assert len(in_all_fields(frames, LIMIT)) == 0
        frames[:, :, 40, 30] += 3000
        assert len(in_all_fields(frames, LIMIT)) == 2 * fields
