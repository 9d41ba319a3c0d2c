"""The simulated microscope as a driver: opened, seeded, focused, closed."""

from collections.abc import Mapping
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from drivers.errors import DeviceLost
from sim.microscope.rig import KIND
from tests.sim.microscope.opened import (
    MIRROR,
    apply_values,
    camera_of,
    frames_of,
    open_scope,
    set_values,
)


def test_same_seed_and_calls_give_the_same_frames() -> None:
    def run(seed: int) -> np.ndarray:
        scope = open_scope(seed=seed, gain_sd=0.01, hot_fraction=0.001)
        set_values(scope, light__power_mw=1.0)
        first = frames_of(scope, 2)
        set_values(scope, stage__x_um=4.0, mirror__z5_nm=30.0)
        return np.concatenate([first, frames_of(scope, 1)])

    frames = run(3)
    np.testing.assert_array_equal(frames, run(3))
    assert (frames[0] != frames[1]).mean() > 0.5
    assert (frames != run(4)).mean() > 0.5


def test_focus_and_mirror_z4_undo_each_other_at_low_na() -> None:
    """z = 4 sqrt(3) n a / NA^2 (paraxial), with the sign of `sim.numerics.pupil`."""
    truth = open_scope(
        seed=1,
        aberration_rms_nm=0.0,
        numerical_aperture=0.3,
        magnification=20.0,
        refractive_index=1.0,
        scene_um=100.0,
    ).truth
    sharp = truth.expected_electrons({"light.power_mw": 1.0})
    blurred = {"light.power_mw": 1.0, "mirror.z4_nm": 80.0}
    restored = blurred | {"focus.z_um": 4 * sqrt(3) * 0.080 / 0.3**2}
    assert truth.residual_rms_nm(restored) < 2.5
    assert np.std(truth.expected_electrons(blurred)) < 0.85 * np.std(sharp)
    np.testing.assert_allclose(truth.expected_electrons(restored), sharp, rtol=0.01)


@pytest.mark.parametrize("setting", [*MIRROR, "focus.z_um"])
def test_any_aberration_costs_contrast_of_fine_detail(setting: str) -> None:
    truth = open_scope(seed=4, aberration_rms_nm=0.0).truth
    lit = {"light.power_mw": 1.0}

    def fine(values: Mapping[str, float]) -> float:
        electrons = truth.expected_electrons(lit | dict(values)).astype(float)
        return float(np.diff(electrons, axis=1).std())

    amount = 0.4 if setting == "focus.z_um" else 80.0
    for sign in (1, -1):
        weak, strong = (fine({setting: sign * share * amount}) for share in (0.5, 1.0))
        assert strong < 0.8 * weak < 0.8 * 0.95 * fine({})


def test_coarse_pixels_sum_finer_optics() -> None:
    """At 20x the scene is sampled four times a pixel; brightness a pixel stays as it is defined."""
    truth = open_scope(scene="flat", magnification=20.0, scene_um=60.0).truth
    electrons = truth.expected_electrons({"light.power_mw": 1.0})
    assert electrons.shape == (96, 64)
    np.testing.assert_allclose(electrons, 2 * 3 * 10 * 0.8, rtol=1e-3)


def test_default_light_is_far_from_saturation() -> None:
    scope = open_scope(seed=9)
    set_values(scope, light__power_mw=1.0)
    apply_values(scope, scope.truth.best_settings)
    frame = next(camera_of(scope).capture(1, 1.0))
    assert frame.meta.saturation_adu == 65535
    assert frame.pixels.max() < 0.2 * 65535


def test_closing_twice_is_safe_and_loses_the_devices() -> None:
    scope = open_scope()
    scope.close()
    scope.close()
    with pytest.raises(DeviceLost):
        camera_of(scope).capture(1, 1.0)


def test_versions_name_what_images_depend_on() -> None:
    assert set(open_scope().versions) == {"numpy", "scipy", "scikit-image", "torch"}


def test_no_other_process_is_kept_from_a_simulation() -> None:
    assert KIND.resources(KIND.options({}, Path())) == ()
