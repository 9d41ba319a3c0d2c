"""What both light paths share: field, lamp, frames."""

from math import sqrt

import numpy as np
import pytest

from tests.sim.microscope.opened import frames_of, open_scope, set_values


@pytest.mark.parametrize("binning", [1, 2])
def test_frames_have_the_mean_and_variance_that_truth_says(binning: int) -> None:
    scope = open_scope(seed=5)
    set_values(scope, light__power_mw=1.0, camera__binning=binning)
    frames = frames_of(scope, 200).astype(float)
    model = scope.truth.noise_model()
    electrons = scope.truth.expected_electrons()
    height, width = electrons.shape
    blocks = electrons.reshape(height // binning, binning, width // binning, binning)
    binned = blocks.sum(axis=(1, 3), dtype=float)
    gain = model.gain_e_per_adu
    variance = binned / gain**2 + (model.read_noise_e / gain) ** 2 + 1 / 12
    z = (frames.mean(axis=0) - model.offset_adu - binned / gain) / np.sqrt(variance / 200)
    assert z.mean() == pytest.approx(0, abs=5 / sqrt(z.size))
    assert z.std() == pytest.approx(1, abs=0.05)
    assert (frames.var(axis=0, ddof=1) / variance).mean() == pytest.approx(1, abs=0.02)


def test_a_lamp_flickers_from_frame_to_frame_by_what_was_asked() -> None:
    scope = open_scope(scene="flat", lamp_flicker=0.05)
    set_values(scope, light__power_mw=10.0, camera__exposure_ms=50.0)
    light = frames_of(scope, 100).astype(float).mean(axis=(1, 2)) - 100
    assert light.std() / light.mean() == pytest.approx(0.05, rel=0.25)
    assert light.mean() == pytest.approx(scope.truth.expected_electrons().mean() / 0.5, rel=0.02)


def test_stage_moves_the_field_over_the_scene() -> None:
    truth = open_scope(seed=2).truth
    pixel_um = 6.5 / 63
    lit = {"light.power_mw": 1.0}
    here = truth.expected_electrons(lit)
    there = truth.expected_electrons(
        lit | {"stage.x_um": 7 * pixel_um, "stage.y_um": -5 * pixel_um}
    )
    np.testing.assert_allclose(there[5:, :-7], here[:-5, 7:], rtol=1e-3)


def test_half_pixel_moves_lie_between_whole_ones() -> None:
    """Two half moves make a whole one, and a half move is the band-limited interpolation."""
    truth = open_scope(seed=2).truth
    lit = {"light.power_mw": 1.0}
    half, whole, still = (
        truth.expected_electrons(lit | {"stage.x_um": step * 6.5 / 63}).astype(float)
        for step in (0.5, 1.0, 0.0)
    )
    assert np.abs(half - still).mean() > 0.02 * still.mean()
    # Images hold next to nothing near the Nyquist frequency, so that the average of both
    # neighbours explains a half step better than either of them.
    error = np.abs(half - (still + whole) / 2).mean()
    assert error < 0.5 * np.abs(half - still).mean()


def test_one_sample_after_another_is_made_once_and_another_seed_has_another() -> None:
    first = open_scope(seed=5).truth.path.scene
    assert open_scope(seed=5).truth.path.scene is first
    other = open_scope(seed=6).truth.path.scene
    assert not np.array_equal(other, first)
    again = open_scope(seed=5).truth.path.scene
    assert again is not first, "the last alone is kept"
    assert np.array_equal(again, first)
