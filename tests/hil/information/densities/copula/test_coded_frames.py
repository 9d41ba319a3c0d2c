"""Frames as numbers of cells: every usable pixel counted once, in its own fold and channel."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.copula.coded_frames import CodedFrames
from hil.information.sample.sample import Channel, Sample
from hil.noise import PoissonNoise

FRAMES = np.random.default_rng(0).poisson(20, (7, 2, 12, 12)).astype(np.uint16)


def test_codes_are_the_integers_less_the_lowest_and_are_counted_by_fold() -> None:
    coded = CodedFrames(Sample(FRAMES, 4, 20.0, 20.0, True, noise=PoissonNoise()))
    (counts,) = coded.counts()
    assert counts.sum(axis=1).tolist() == [
        4 * 144.0 if fold < 2 else 2 * 144.0 for fold in range(5)
    ]
    adu = coded.codings[0].adu()
    assert float(counts.sum(axis=0) @ adu) == pytest.approx(float(FRAMES.sum()))
    some = coded.some(np.array([5]))
    assert np.array_equal(adu[some.frames], FRAMES[[5]])


def test_channels_have_cells_of_their_own() -> None:
    frames = np.stack([FRAMES, FRAMES + 500], axis=2)
    channels = tuple(Channel(m, 20.0, None, True, 1.0) for m in (20.0, 520.0))
    coded = CodedFrames(Sample(frames, 4, 270.0, 20.0, True, channels=channels))
    cells = coded.some(np.arange(7)).frames
    assert cells[:, :, 0].max() < coded.codings[0].n_codes <= cells[:, :, 1].min()


def test_groups_hold_every_field_once() -> None:
    coded = CodedFrames(Sample(FRAMES, 4, 20.0, 20.0, True))
    fields = np.array([6, 2, 4])
    assert np.concatenate(list(coded.groups(fields))).tolist() == [6, 2, 4]
