"""Points of the surface of smooth light, of fields of a sample."""

from __future__ import annotations

import numpy as np

from hil.information.densities.predictive.cells import Cells
from hil.information.densities.smooth.denoised import DenoisedFields
from hil.information.densities.smooth.seen import SeenAnywhere
from hil.information.sample.choose import choose_sample
from hil.information.sample.prepare import take_in
from hil.noise import PoissonNoise

P, D = 8, 64


def test_fields_are_seen_once_and_as_many_times_as_asked_for() -> None:
    rng = np.random.default_rng(3)
    frames = PoissonNoise().sample(np.full((3, 1, 48, 48), 50.0), rng)
    sample = choose_sample(take_in(frames, PoissonNoise(), P, None), P, seed=0)
    seen = SeenAnywhere(DenoisedFields(sample, Cells.of(sample)), P, 40, 0)
    both = seen(np.array([0, 2]))
    assert both.middles.shape == (80, D)
    assert both.slopes.shape == (80, 3, D)
    assert both.bends.shape == (80, 6, D)
    assert (seen(np.array([2])).middles == both.middles[40:]).all()
