"""A telescope whose images alias: its focus and its shutter, told by frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hil.errors import InputError
from hil.twin.aliased import uneven
from hil.twin.data import TrialFrames
from hil.twin.fit import fit
from hil.twin.twin import MOST_UNEVEN_SDS, Offset, Twin
from sim.satellite.path import SatellitePath
from sim.satellite.unknown import SatelliteUnknown
from tests.hil.twin import small_microscope as scope
from tests.hil.twin.small_satellite import NOISE, PLACES, frames, path, settings, several, unknown

HIDDEN = {"focus_offset_um": 15.0, "focus_scale": 0.9, "exposure_offset_ms": 0.03}


@pytest.fixture(scope="module")
def land() -> SatellitePath:
    return path(seed=5, **HIDDEN)


@pytest.fixture(scope="module")
def blank() -> SatelliteUnknown:
    """One for all: what it looks up takes most of a fit's time."""
    return unknown()


@pytest.fixture(scope="module")
def twin(land: SatellitePath, blank: SatelliteUnknown) -> Twin:
    return fit(frames(land, several()), blank)


def test_focus_and_shutter_are_found_within_their_intervals(twin: Twin) -> None:
    off = twin.values.numpy() - np.array(list(HIDDEN.values()))
    assert np.max(np.abs(off) / twin.sds) < 4
    # contrast alone tells the shutter: an offset of the camera has the same mean
    assert np.max(twin.sds / [5.0, 0.15, 6e-3]) < 1, "and these are short"
    assert twin.fits, twin.misfits
    assert all(one.told for one in twin.parameters())
    best = twin.correction()["telescope.focus_um"]
    assert best == pytest.approx(-float(twin.values[0] / twin.values[1]))


def test_a_scale_that_is_not_as_said_may_be_another_telescope(twin: Twin) -> None:
    """Of 0.9, not 1: said where it is sure, since few trials do not tell which it is."""
    for sd, says in ((0.01, True), (0.2, False)):
        known_to = torch.diag(torch.tensor([1.0, sd, 1e-3], dtype=torch.float64).square())
        scale = replace(twin, covariance=known_to).parameters()[1]
        assert scale.name == "focus_scale"
        assert ("another aperture or focal length" in scale.note) is says


def test_a_telescope_that_the_frames_tell_is_no_explanation_of_a_scale(twin: Twin) -> None:
    """Of 0.9: what else may be wrong would move it by 0.01 at most."""
    known_to = torch.diag(torch.tensor([1.0, 0.01, 1e-3], dtype=torch.float64).square())
    assert twin.open_to[1] > 0.05, "few trials of few pixels"
    told = replace(twin, covariance=known_to, open_to=(1.0, 0.01, 1e-3), open_sds=1.0)
    sure = told.parameters()[1]
    assert not sure.note
    assert sure.high - sure.value == pytest.approx(0.0196, rel=0.01)
    hinted = replace(told, open_sds=2.5).parameters()[1]
    assert hinted.high - hinted.value == pytest.approx(0.0296, rel=0.01)
    (offset, open_one, _) = replace(twin, covariance=known_to).parameters()[:3]
    assert open_one.high - open_one.value == pytest.approx(0.0196 + twin.open_to[1], rel=0.01)
    assert offset.high - offset.value == pytest.approx(1.96 + twin.open_to[0], rel=0.01)


def test_another_telescope_than_is_said_is_doubted(twin: Twin) -> None:
    """Of 70 mm, said to have 45: a scale of the focus nearly does the same."""
    assert not twin.doubts
    um, ms = (-55, -30, -12, 0, 12, 28, 50), (0.4, 1.2, 0.9, 1.3, 0.6, 1.3, 0.7)
    stood = [
        settings(telescope__focus_um=float(z), camera__exposure_ms=t)
        for z, t in zip(um, ms, strict=True)
    ]
    land = path(seed=5, side_px=64, **HIDDEN)
    wrong = fit(frames(land, stood), unknown(aperture_mm=45.0, side_px=64), all_scenes=False)
    assert {one.name for one in wrong.doubts} <= {"aperture_mm", "obscuration"}
    assert not wrong.fits and "aperture_mm seems to be" in "; ".join(wrong.misfits)


def test_an_offset_that_is_not_as_said_is_not_taken_for_the_shutter(
    blank: SatelliteUnknown,
) -> None:
    """Of 5 ADU, 40 electrons: the shutter would answer for 6 us, and be sure to 0.1."""
    found = fit(frames(path(seed=5, offset_adu=25.0, **HIDDEN), several()), blank, all_scenes=False)
    off = found.values.numpy() - np.array(list(HIDDEN.values()))
    assert np.max(np.abs(off) / found.sds) < 3
    assert found.offset is not None and found.fits, found.misfits
    assert abs(found.offset.beyond_adu - 5.0) < 3 * found.offset.sd_adu


def test_a_row_tells_of_the_offset_where_it_is_surely_not_as_said(twin: Twin) -> None:
    for beyond, says in ((4.0, False), (6.0, True)):
        row = replace(twin, offset=Offset(beyond, 1.0)).parameters()[-1]
        assert (row.name == "offset_adu") is says
    assert row.low == pytest.approx(6 - 1.96, abs=1e-3)


def test_the_noise_tells_the_gain_and_the_scene_carries_the_light(blank: SatelliteUnknown) -> None:
    land = path(seed=5, gain_e_per_adu=9.6, **HIDDEN)
    found = fit(frames(land, several()), blank, gain=True)
    assert found.fits and found.gain is not None
    row = found.parameters()[3]
    assert row.name == "gain" and row.low <= 1.2 <= row.high and row.high - row.low < 0.4
    off = found.values.numpy() - np.array(list(HIDDEN.values()))
    assert np.max(np.abs(off) / found.sds) < 3
    bright = found.finished(PLACES).scene.mean()
    found.gain = None
    assert bright > 1.1 * found.finished(PLACES).scene.mean(), "true electrons are more"


def test_residuals_are_the_noise_and_trials_left_out_are_foretold(twin: Twin) -> None:
    assert abs(twin.excess) < 0.06
    assert all(0.85 < one.left_out < 1.2 for one in twin.residuals)


def test_its_scenes_foretell_settings_that_were_never_recorded(
    land: SatellitePath, twin: Twin
) -> None:
    other = settings(telescope__focus_um=-30.0, camera__exposure_ms=0.8)
    truth = np.stack([land.expected_electrons(other | place) for place in PLACES])
    off = twin.expected(other) - truth
    assert np.sqrt(np.mean(off**2)) < 0.15 * truth.std()
    assert abs(off.mean()) < 2e-3 * truth.mean()
    (haze,) = twin.finished(PLACES).told
    assert haze.low <= 0.15 <= haze.high


def test_residuals_of_one_trial_among_many_are_beyond_chance() -> None:
    rng = np.random.default_rng(0)
    even = 0.98 + (2 / 40_000) ** 0.5 * rng.standard_normal(12)
    assert uneven(even.tolist(), 40_000) < 3
    even[3] += 0.06
    assert uneven(even.tolist(), 40_000) > MOST_UNEVEN_SDS


def test_fibres_are_no_land(blank: SatelliteUnknown) -> None:
    """Frames of a microscope under a satellite's settings: flagged, never a confident answer."""
    sheet = {"gain_e_per_adu": 8, "offset_adu": 20, "read_noise_e": 12, "bit_depth": 12}
    other = scope.path(height_px=32, width_px=32, seed=3, scene="fibres", **sheet)
    found = []
    for one in several():
        dose = scope.settings(
            focus__z_um=float(one["telescope.focus_um"]) / 30, light__power_mw=20.0
        )
        dose["camera.exposure_ms"] = 10 * float(one["camera.exposure_ms"])
        images = [other.expose({**dose, **place})[None] for place in scope.PLACES]
        found.append(TrialFrames(one, np.stack(images), NOISE))
    wrong = fit(found, blank, all_scenes=False)
    assert not wrong.fits


def test_frames_that_cannot_tell_it_are_refused(land: SatellitePath) -> None:
    moved = [one | {"filter.centre_nm": 700.0 + n} for n, one in enumerate(several())]
    with pytest.raises(InputError, match=r"filter\.centre_nm moved"):
        fit(frames(land, moved), unknown())
    still = [settings(camera__exposure_ms=ms) for ms in (0.4, 0.8, 1.2)]
    with pytest.raises(InputError, match=r"telescope.focus_um took 1 .* allowed: 3"):
        fit(frames(land, still), unknown())
    bright = [settings(telescope__focus_um=um, camera__exposure_ms=ms) for um, ms in
              ((-9.0, 0.5), (0.0, 0.6), (9.0, 0.7))]  # fmt: skip
    burnt = [
        TrialFrames(one.settings, np.full_like(one.frames, 4095), NOISE)
        for one in frames(land, bright)
    ]
    with pytest.raises(InputError, match="clipped pixels leave"):
        fit(burnt, unknown())
