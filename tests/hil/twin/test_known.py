"""A target that is known: blur, light and haze by themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.errors import InputError
from hil.twin.fit import fit
from sim.microscope.fluorescence.unknown import FluorescenceUnknown
from tests.hil.twin.small_microscope import PLACES, frames, path, several

BLUR = "blur_nm"


def test_a_known_scene_tells_blur_light_and_haze(tmp_path: Path) -> None:
    hidden = {"blur_nm": 90.0, "photons_per_uj": 4.5, "background": 0.6}
    scope = path(seed=3, aberration_rms_nm=90, scene="fibres", **hidden)
    np.save(tmp_path / "target.npy", scope.scene)
    blank = FluorescenceUnknown(path(seed=77, scene=str(tmp_path / "target.npy")))
    trials = frames(scope, several(4), PLACES)
    optics = blank.with_further([BLUR], scene_known=True)
    found = fit(trials, optics, places=PLACES)
    assert found.fits, found.misfits
    for row in found.parameters():
        if row.name in hidden:
            assert row.told and row.low <= hidden[row.name] <= row.high
            assert row.high - row.low < 0.1 * hidden[row.name] + 3 * (row.name == BLUR)
    off = found.values.numpy()[:8] - np.asarray(scope.aberration_nm)
    assert np.max(np.abs(off) / found.sds[:8]) < 4
    done = found.finished(PLACES)
    assert done.options["blur_nm"] == pytest.approx(90, abs=5)
    assert done.scene is scope.scene or np.array_equal(done.scene, scope.scene)
    with pytest.raises(InputError, match="known scene needs them"):
        fit(trials, optics)


def test_of_an_unknown_scene_no_blur_is_told() -> None:
    small = {"height_px": 32, "width_px": 32}
    scope = path(seed=3, scene="fibres", blur_nm=90.0, **small)
    blank = FluorescenceUnknown(path(seed=77, **small)).with_further([BLUR])
    found = fit(frames(scope, several(2), PLACES[:1]), blank, all_scenes=False)
    row = found.parameters()[-1]
    assert row.name == BLUR and not row.told and "known scene" in row.note
    assert row.low <= 90 <= row.high
