"""Errors of predictions by kinds of patches make probabilities on codes."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.predictive.cells import Cells
from hil.information.densities.predictive.coded_patches import PatchSource
from hil.information.densities.smooth.surface_law import SurfaceLaw
from hil.information.sample.choose import choose_sample
from hil.information.sample.prepare import take_in
from hil.noise import PoissonNoise

P, D = 4, 16


class TwoLights:
    """Flat patches of either of two lights."""

    log_weights = np.log([0.75, 0.25])

    def __init__(self, u: np.ndarray) -> None:
        self._u = u

    def likeliest(self, u: np.ndarray, most: int) -> np.ndarray:
        return np.tile(np.arange(most), (len(u), 1))

    def predict(self, u: np.ndarray, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value = np.repeat(self._u[kind, None], u.shape[1], axis=1).astype(np.float32)
        return value, np.ones_like(value)


def test_a_law_of_all_kinds_sums_to_1() -> None:
    rng = np.random.default_rng(0)
    frames = np.minimum(PoissonNoise().sample(np.full((6, 1, 32, 32), 3.0), rng), 7)
    frames[::2] = np.minimum(PoissonNoise().sample(np.full((3, 1, 32, 32), 1.0), rng), 7)
    sample = choose_sample(take_in(frames, PoissonNoise(), P, None), P, seed=0)
    cells = Cells.of(sample)
    codes = PatchSource(sample, cells).at(np.arange(300)).codes
    law = SurfaceLaw.fit(TwoLights(cells.u[[1, 3]]), 2, cells, codes)
    # predictions do not go by earlier values: each pixel's probabilities sum to 1 by themselves
    once = np.repeat(codes[:1], cells.n_codes, axis=0)
    total = np.zeros(2)
    for k, kind in enumerate(np.eye(2, dtype=np.intp)):
        value, sd = law.surfaces.predict(cells.u.take(once), np.repeat(kind[:1], len(once)))
        once[:, 5] = np.arange(cells.n_codes)
        which = np.zeros_like(once)
        q = law.errors.probability(
            which, (cells.low[once] - value) / sd, (cells.high[once] - value) / sd
        )
        total[k] = q[:, 5].sum()
    assert total == pytest.approx(1, abs=1e-6)
    mean = law.nats(cells, codes).mean() / D
    # the second kind is rare: two kinds are told better by both than by the common one
    alone = SurfaceLaw.fit(TwoLights(cells.u[[1, 3]]), 1, cells, codes)
    assert 0 < mean < alone.nats(cells, codes).mean() / D
