"""What one repeat has alone, and what all fields have, is the camera's."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.diagnostics.spikes import SpikeLimit
from hil.information.spikes.camera import in_all_fields, in_one_repeat, median
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


def told_apart_one_by_one(frames: np.ndarray) -> set[tuple[int, int, int]]:
    """Pixels that differ from all other repeats by more than the limit at each one's own level."""
    fields, repeats = frames.shape[:2]
    found = set()
    for f in range(fields):
        own = frames[f].astype(np.float32)
        for r in range(repeats):
            far = np.ones(own[r].shape, dtype=bool)
            for other in np.delete(own, r, axis=0):
                d = own[r] - other
                d -= np.median(d)
                far &= np.abs(d) > np.interp(other, LIMIT.adu, LIMIT.limit)
            found |= {(f * repeats + r, int(y), int(x)) for y, x in np.argwhere(far)}
    return found


def test_no_pixel_that_differs_is_passed_by_at_any_level_of_light() -> None:
    """Most are told without a look at their own limit; none of them beyond it."""
    rng = np.random.default_rng(5)
    light = np.repeat(np.geomspace(1, 9000, 48)[:, None], 48, axis=1)
    frames = CAMERA.sample(np.broadcast_to(light, (3, 3, 48, 48)), rng).astype(np.int32)
    frames[:, 1] += 40  # a lamp that flickers
    where = tuple(rng.integers(0, n, 60) for n in frames.shape)
    frames[where] += rng.integers(0, 2500, 60).astype(np.int32)
    found = in_one_repeat(frames, LIMIT)
    expected = told_apart_one_by_one(frames)
    alone = {
        (i, y, x)
        for i, y, x in expected
        if sum((i, y + a, x + b) in expected for a in (-1, 0, 1) for b in (-1, 0, 1)) <= 2
    }
    at = {tuple(one) for one in found.at.T.tolist()}
    assert len(at) > 20
    assert at <= expected
    inside = {(i, y, x) for i, y, x in alone if 0 < y < 47 and 0 < x < 47}
    assert inside <= at


@pytest.mark.parametrize("n", [1, 2, 11, 4096])
@pytest.mark.parametrize("step", [1.0, 0.5, 0.1])
@pytest.mark.parametrize("sd", [0.3, 15.0, 3e4, 3e6])
def test_medians_are_those_of_sorting(n: int, step: float, sd: float) -> None:
    steps = np.rint(np.random.default_rng(n).normal(0, sd, n) / step)
    values = (steps * step).astype(np.float32)
    assert median(values) == np.median(values)


def test_the_median_of_what_is_no_number_is_none() -> None:
    assert np.isnan(median(np.array([1, np.nan, 3], dtype=np.float32)))
