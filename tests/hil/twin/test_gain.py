from __future__ import annotations

import pytest

from hil.twin.fit import fit
from tests.hil.twin.small_microscope import PLACES, frames, path, several, unknown


def test_the_noise_tells_the_gain_and_light_goes_with_it() -> None:
    scope = path(seed=3, aberration_rms_nm=60, scene="cells", gain_e_per_adu=0.65, background=0.5)
    trials = several(5, seed=3)
    for trial, exposure_ms in zip(trials, (3.0, 6.0, 10.0, 20.0, 35.0), strict=True):
        trial["camera.exposure_ms"] = exposure_ms
    shot = frames(scope, trials, PLACES)
    found = fit(shot, unknown(), gain=True, all_scenes=False)
    assert found.fits, found.misfits
    assert found.gain is not None
    row = found.parameters()[-1]
    assert row.low <= 1.3 <= row.high and row.high - row.low < 0.4
    assert "light / gain" in row.note
    light, haze = found.finished(PLACES).told
    found.gain = None
    plain, same = found.finished(PLACES).told
    assert light.value == pytest.approx(plain.value * row.value) and haze == same
    assert light.high / light.value > plain.high / plain.value
