from __future__ import annotations

import numpy as np

from hil.twin.fit import fit
from tests.hil.twin.small_microscope import PLACES, frames, path, several, unknown

Z5 = "axis_scale.mirror.z5_nm"


def test_an_axis_of_the_other_sign_and_a_smaller_scale_is_found_within_its_interval() -> None:
    scope = path(seed=1, aberration_rms_nm=80, scene="fibres", axis_scale={"mirror.z5_nm": -0.8})
    trials = frames(scope, several(5, seed=1), PLACES[:1])
    found = fit(trials, unknown().with_further([Z5]), all_scenes=False)
    assert found.fits, found.misfits
    row = found.parameters()[-1]
    assert row.name == Z5 and row.told
    assert row.low <= -0.8 <= row.high and row.high - row.low < 0.1
    off = found.values.numpy()[:8] - np.asarray(scope.aberration_nm)
    assert np.max(np.abs(off) / found.sds[:8]) < 4
    best = found.correction()["mirror.z5_nm"]
    assert abs(-0.8 * best + scope.aberration_nm[1]) < 5
