"""Scenes of a sample, a few at a time: the same as all at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from hil.information.densities.mixture.scenes import TemplateScenes
from hil.information.sample.sample import Sample


class Shape(NamedTuple):
    says: str
    frames: tuple[int, int, int, int]


@pytest.mark.parametrize(
    "shape",
    [
        Shape("many small frames", (15_000, 2, 4, 4)),
        Shape("few frames of many patches", (3, 2, 300, 304)),
    ],
    ids=lambda shape: shape.says,
)
def test_groups_are_all_scenes_in_order(shape: Shape) -> None:
    frames = np.random.default_rng(1).integers(0, 1000, shape.frames)
    sample = Sample(frames, 4, 500.0, 1.0, discrete=True)
    fields = np.flatnonzero(np.arange(shape.frames[0]) % 3 != 1)
    scenes = TemplateScenes(sample, fields)
    raw = sample.raw_patches[fields]
    n, repeats = raw.shape[0], shape.frames[1]
    whole = raw.reshape(n, repeats, -1, 16).swapaxes(1, 2).reshape(-1, repeats, 16)
    groups = list(scenes.groups())
    assert len(groups) > 1
    assert np.array_equal(np.concatenate(groups), whole)
    assert len(scenes) == len(whole)
    some = np.random.default_rng(2).permutation(len(whole))[:50]
    assert np.array_equal(scenes.at(some), whole[some])
