from __future__ import annotations

import numpy as np
import pytest
import torch

from hil.twin.data import take_in
from hil.twin.fit import fit
from hil.twin.likelihood import Likelihood
from hil.twin.optimise import descended
from hil.twin.several import BETTER, elsewhere, from_several
from sim.parts.unknown import Unknown
from tests.hil.twin.small_microscope import PLACES, frames, path, several, unknown


@pytest.mark.parametrize(("seed", "scene"), [(7, "blobs"), (35, "blobs"), (42, "cells")])
def test_a_place_that_only_seems_best_from_where_the_rig_file_says_is_left(
    seed: int, scene: str
) -> None:
    scope = path(seed=seed, aberration_rms_nm=140, scene=scene, background=1.0)
    found = fit(frames(scope, several(6, seed), PLACES[:1]), unknown(), all_scenes=False)
    assert found.fits, found.misfits
    off = found.values.numpy() - np.asarray(scope.aberration_nm)
    assert np.max(np.abs(off) / found.sds) < 4
    assert np.linalg.norm(off) < 10, "from where the rig file says it came to 100 nm and more"


def test_the_best_place_of_several_starts_is_given_with_the_curvature_there() -> None:
    scope = path(seed=35, aberration_rms_nm=140, scene="blobs", background=1.0)
    stood, rig = several(6, 35), unknown()
    rig.grid(stood)
    trials = frames(scope, stood, PLACES[:1])
    data = [take_in(one, rig.converter(one.settings), range(1)) for one in trials]
    likelihood = Likelihood(rig, stood, data)
    start = torch.zeros(8, dtype=torch.float64)
    likelihood.begin(start)
    q = likelihood.windowed(start)
    _, from_the_file = descended(q, rig.unknowns, start, 60)
    values, curvature = from_several(likelihood, rig.unknowns, start, 60)
    assert q.gradient(values)[0] < from_the_file - BETTER
    assert float(torch.linalg.eigvalsh(curvature)[0]) > 0


def test_starts_lie_apart_from_each_other_within_limits_and_leave_open_signs_alone() -> None:
    ours = [
        *(Unknown(f"z{j}", "nm", 0.0, 10.0, -300.0, 300.0) for j in range(4)),
        Unknown("near", "nm", 9.0, 10.0, -12.0, 12.0),
        Unknown("axis", "", 1.0, 0.1, -3.0, 3.0, sign_open=True),
    ]
    start = torch.tensor([one.start for one in ours], dtype=torch.float64)
    found = [elsewhere(ours, start, number) for number in range(1, 8)]
    assert len({tuple(one.tolist()) for one in found}) == 7
    for one in found:
        assert one[:4].abs().tolist() == [40.0] * 4
        assert float(one[4]) in (12.0, -12.0)
        assert float(one[5]) == 1.0
