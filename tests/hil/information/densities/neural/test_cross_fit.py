"""Cross-fitting: no fold learns from its own fields."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from hil.information.densities.neural.cross_fit import (
    Fitting,
    cross_fit,
    held_out_and_in_sample,
    quick,
)
from hil.information.densities.neural.patch_set import PatchSet
from tests.hil.information.densities.neural.tiny import (
    REAL,
    SHORT,
    TINY,
    P,
    sample_of,
    template_frames,
)


def test_a_fold_never_learns_from_its_own_fields() -> None:
    frames, _ = template_frames(300, 11)
    patches = PatchSet.of(sample_of(frames))
    fitting = Fitting(SHORT, quick(SHORT))
    before = cross_fit(patches, TINY, fitting)
    changed = patches.y.copy()
    changed[patches.fold == 2] *= -3
    after = cross_fit(replace(patches, y=changed), TINY, fitting)
    same = [
        all(torch.equal(a.weights[key], b.weights[key]) for key in a.weights)
        for a, b in zip(before, after, strict=True)
    ]
    assert same == [False, False, True, False, False]


def test_colours_that_go_together_are_predicted_from_each_other() -> None:
    rng = np.random.default_rng(12)
    n, noise = 1500, 0.5
    grey = rng.normal(0, 1, (n, P * P, 1))
    colour = np.concatenate([grey, grey**2], axis=2) + noise * rng.standard_normal((n, P * P, 2))
    fold = np.arange(n) % 3
    y = colour.reshape(n, 1, -1).astype(np.float32)
    fitting = Fitting(replace(SHORT, steps=150), quick(SHORT))
    both = PatchSet(y, fold, P, 2, np.zeros((1, 1, 2), np.intp), REAL)
    folds = cross_fit(both, replace(TINY, channels=2, features=8), fitting)
    together = held_out_and_in_sample(both, folds)[0].mean() * 2
    apart = 0.0
    for channel in range(2):
        values = np.ascontiguousarray(colour[:, None, :, channel]).astype(np.float32)
        one = PatchSet(values, fold, P, 1, np.zeros((1, 1, 2), np.intp), REAL)
        apart += held_out_and_in_sample(one, cross_fit(one, TINY, fitting))[0].mean()
    # y2 = y1^2 is uncorrelated with y1: only a network that sees the first channel finds it
    assert together < apart - 0.15
