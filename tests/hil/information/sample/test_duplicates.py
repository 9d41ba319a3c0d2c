"""Copies are counted, and neither chance nor emptiness makes one."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.sample.duplicates import SeenFrames, count_duplicates

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("side", [16, 64, 1024])
def test_copies_are_counted_wherever_they_are(side: int) -> None:
    frames = RNG.poisson(50, (3, 2, side, side)).astype(np.uint16)
    assert count_duplicates(frames) == 0
    frames[2, 1] = frames[0, 0]
    frames[1, 0] = frames[0, 0]
    assert count_duplicates(frames) == 2


def test_empty_frames_are_alike_by_chance() -> None:
    assert count_duplicates(np.zeros((4, 1, 64, 64), np.uint16)) == 0
    rare = (RNG.random((4, 1, 64, 64)) < 0.01).astype(np.uint16)
    rare[1] = rare[0]
    assert count_duplicates(rare) == 0


def test_few_photons_in_a_large_frame_tell_it() -> None:
    rare = (RNG.random((3, 1, 1024, 1024)) < 3e-4).astype(np.uint16)
    assert count_duplicates(rare) == 0
    rare[1] = rare[0]
    assert count_duplicates(rare) == 1


def test_two_that_have_seen_the_same_know_it_when_they_meet() -> None:
    frames = RNG.poisson(50, (4, 32, 32)).astype(np.uint16)
    one, other = SeenFrames(), SeenFrames()
    assert one.add(frames[:3]) == 0
    assert other.add(frames[2:]) == 0
    one.merge(other)
    assert one.copies == 1
    assert one.add(frames[3]) == 1
