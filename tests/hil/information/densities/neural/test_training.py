"""Training keeps a start that it does not better."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hil.information.densities.neural.cross_fit import (
    Fitting,
    cross_fit,
    quick,
)
from hil.information.densities.neural.patch_set import PatchSet
from tests.hil.information.densities.neural.tiny import SHORT, TINY, sample_of, template_frames


def test_a_start_that_training_does_not_better_is_kept() -> None:
    frames, _ = template_frames(600, 13)
    patches = PatchSet.of(sample_of(frames))
    shape = replace(TINY, units=16)
    # steps as large as these only spoil
    spoiling = replace(SHORT, learning_rate=3.0)
    for k, fold in enumerate(cross_fit(patches, shape, Fitting(spoiling, quick(spoiling)))):
        stop = patches.y[patches.learning(k)[1]]
        assert (fold.start, fold.steps) == ("scenes", 0)
        assert fold.nats(stop).mean() == pytest.approx(fold.stop_nats, abs=1e-5)
