"""Patches that are learnt from, and those that stop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from hil.information.densities.neural.patch_set import PatchSet
from tests.hil.information.densities.neural.tiny import P, sample_of


class Fields(NamedTuple):
    says: str
    shape: tuple[int, int, int]


@pytest.mark.parametrize(
    "case",
    [
        Fields("many fields", (40, P, P)),
        Fields("two tall fields", (2, 12 * P, 3 * P)),
        Fields("two wide fields", (2, 3 * P, 12 * P)),
        Fields("three small fields", (3, 3 * P, 3 * P)),
    ],
    ids=lambda case: case.says,
)
def test_patches_that_stop_are_not_learnt_from(case: Fields) -> None:
    frames = np.random.default_rng(0).normal(size=case.shape)
    patches = PatchSet.of(sample_of(frames))
    for fold in range(patches.n_folds):
        fit, stop = patches.learning(fold)
        assert fit.any() and stop.any()
        assert not (fit & stop).any()
        assert not (fit | stop)[patches.fold == fold].any()
        if case.shape[0] > 4:
            assert not (fit.any(axis=1) & stop.any(axis=1)).any()


class Cut(NamedTuple):
    says: str
    shape: tuple[int, int, int]
    crops: int  # a field; 0 for none


@pytest.mark.parametrize(
    "case",
    [
        Cut("every pixel", (8, 12, 16), 9 * 13),
        Cut("frames of one patch", (8, P, P), 0),
        Cut("too few fields to stop by", (4, 12, 16), 0),
        Cut("enough patches as they are", (8, 384, 384), 0),
    ],
    ids=lambda case: case.says,
)
def test_crops_are_learnt_from_and_never_of_the_own_fold(case: Cut) -> None:
    frames = np.arange(np.prod(case.shape), dtype=np.float64).reshape(case.shape)
    sample = sample_of(frames)
    patches = PatchSet.of(sample).with_crops(sample)
    if case.crops == 0:
        assert patches.crops is None
        return
    assert patches.crops is not None
    assert patches.crops.shape == (case.shape[0], case.crops, P * P)
    fit, stop = patches.learning(fold=1)
    values = patches.to_fit(fit)
    assert len(values) == fit.sum() + fit.any(axis=1).sum() * case.crops
    field = np.rint(values + sample.mean_adu).astype(int) // frames[0].size
    # each patch lies in one field, of those that are learnt from
    assert (field == field[:, :1]).all()
    allowed = set(np.flatnonzero(fit.any(axis=1)))
    assert set(field[:, 0]) == allowed
    assert not allowed & (set(np.flatnonzero(sample.fold == 1)) | set(np.flatnonzero(stop[:, 0])))
