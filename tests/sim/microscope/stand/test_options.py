"""Geometry of the stand: pixels, samples, and how far the stage may go."""

from __future__ import annotations

import pytest

from sim.microscope.options import MicroscopeOptions


def test_a_pixel_is_as_large_as_the_magnification_says() -> None:
    options = MicroscopeOptions(camera_pixel_um=6.5, magnification=20.0)
    assert options.pixel_um == pytest.approx(0.325)
    assert options.pitch_um * options.samples_per_pixel == pytest.approx(options.pixel_um)


def test_the_stage_goes_as_far_as_the_scene_holds_a_field() -> None:
    options = MicroscopeOptions(height_px=96, width_px=64, scene_um=40.0)
    side = options.scene_samples
    (low_y, high_y), (low_x, high_x) = options.scene_range_um((side, side))
    assert (low_y, low_x) == (-high_y, -high_x)
    for high_um, pixels in ((high_y, 96), (high_x, 64)):
        wanted_um = (side * options.pitch_um - pixels * options.pixel_um) / 2
        assert wanted_um - 1e-3 <= high_um <= wanted_um


def test_a_scene_as_large_as_the_field_leaves_no_way_and_a_smaller_one_is_refused() -> None:
    options = MicroscopeOptions(height_px=96, width_px=64)
    k = options.samples_per_pixel
    assert options.scene_range_um((96 * k, 64 * k)) == ((0.0, 0.0), (0.0, 0.0))
    with pytest.raises(ValueError, match="smaller than the camera's field"):
        options.scene_range_um((96 * k - 1, 64 * k))


def test_another_sensor_has_another_serial_number_and_another_sample_has_not() -> None:
    serial = MicroscopeOptions().serial
    assert MicroscopeOptions(scene="cells", aberration_rms_nm=0.0).serial == serial
    for other in (
        MicroscopeOptions(seed=1),
        MicroscopeOptions(width_px=128),
        MicroscopeOptions(read_noise_e=2.0),
    ):
        assert other.serial != serial
