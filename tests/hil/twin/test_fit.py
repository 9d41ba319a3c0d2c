from __future__ import annotations

import numpy as np
import pytest

from hil.errors import InputError
from hil.noise.gaussian_map import GaussianMapNoise
from hil.twin.data import TrialFrames
from hil.twin.fit import fit
from hil.twin.twin import Twin
from sim.microscope.fluorescence.path import FluorescencePath
from tests.hil.twin.small_microscope import NOISE, PLACES, frames, path, settings, several, unknown


@pytest.fixture(scope="module")
def scope() -> FluorescencePath:
    return path(seed=3, aberration_rms_nm=90, scene="fibres")


@pytest.fixture(scope="module")
def twin(scope: FluorescencePath) -> Twin:
    return fit(frames(scope, several(6)), unknown())


def test_a_hidden_aberration_is_found_within_its_intervals(
    scope: FluorescencePath, twin: Twin
) -> None:
    off = twin.values.numpy() - np.asarray(scope.aberration_nm)
    assert np.linalg.norm(off) < 8
    assert np.max(np.abs(off) / twin.sds) < 4
    assert all(one.told for one in twin.parameters())
    assert max(twin.sds) < 5


def test_residuals_are_the_noise_and_trials_left_out_are_foretold(twin: Twin) -> None:
    assert twin.fits, twin.misfits
    assert abs(twin.excess) < 0.05
    out = [one.left_out for one in twin.residuals if one.left_out == one.left_out]
    assert out and all(0.9 < one < 1.15 for one in out)


def test_light_and_haze_are_told_together_and_each_lies_in_its_interval(
    scope: FluorescencePath, twin: Twin
) -> None:
    done = twin.finished(PLACES)
    light, haze = done.told
    assert "light and background" in light.note
    step = 64 * scope.pitch_um
    middle = [
        np.asarray(scope.scene.shape) // 2
        + np.round(np.array([place["stage.y_um"], place["stage.x_um"]], float) / step * 64).astype(
            int
        )
        for place in PLACES
    ]
    level = np.mean([scope.scene[y - 32 : y + 32, x - 32 : x + 32].mean() for y, x in middle])
    assert light.low <= 3.0 * level <= light.high
    assert haze.low <= 1.0 / level <= haze.high
    assert light.value * (1 + haze.value) == pytest.approx(3.0 * (level + 1.0), rel=0.01)


def test_the_correction_flattens_the_wavefront(scope: FluorescencePath, twin: Twin) -> None:
    best = twin.correction({"mirror.z4_nm": (-5.0, 5.0)})
    assert best["mirror.z11_nm"] == pytest.approx(-scope.aberration_nm[-1], abs=5)
    assert abs(best["mirror.z4_nm"]) <= 5
    assert best["focus.z_um"] == 0


def test_a_twin_with_more_frames_begins_where_the_last_one_ended(
    scope: FluorescencePath, twin: Twin
) -> None:
    more = fit(frames(scope, several(7, seed=1), PLACES[:1]), unknown(), start=twin)
    assert np.linalg.norm(more.values.numpy() - np.asarray(scope.aberration_nm)) < 12


def test_other_optics_than_those_of_the_frames_are_flagged() -> None:
    """An objective of another aperture and wavelength."""
    other = path(
        seed=3, aberration_rms_nm=90, scene="fibres", numerical_aperture=0.8, photons_per_uj=60.0
    )
    found = fit(frames(other, several(4), PLACES[:1]), unknown(wavelength_nm=480.0))
    assert not found.fits
    assert found.misfits


def test_frames_whose_settings_never_changed_tell_no_aberration(scope: FluorescencePath) -> None:
    found = fit(frames(scope, [settings()] * 3, PLACES[:1]), unknown())
    assert max(found.sds) > 20


def test_frames_of_another_shape_and_noise_with_maps_are_refused(scope: FluorescencePath) -> None:
    some = frames(scope, [settings()])
    with pytest.raises(InputError, match="rig's camera gives"):
        fit(some, unknown(height_px=32))
    maps = TrialFrames(some[0].settings, some[0].frames, GaussianMapNoise(np.ones((64, 64))))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="without maps"):
        fit([maps], unknown())
    with pytest.raises(InputError, match="no frames"):
        fit([], unknown())
    assert NOISE.highest_adu == 65535
