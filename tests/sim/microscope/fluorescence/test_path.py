"""Light, bleaching and blur of the dyed sample."""

from math import exp
from typing import Any

import numpy as np
import pytest

from tests.sim.microscope.opened import apply_values, frames_of, open_scope, set_values


def test_expected_electrons_are_light_times_efficiency() -> None:
    truth = open_scope(scene="flat", aberration_rms_nm=0.0).truth
    light = {"light.power_mw": 2.0, "camera.exposure_ms": 50.0}
    # (density 1 + haze 1) x 3 photons a uJ x 100 uJ x QE 0.8, and 0.1 e/s of dark current.
    expected = 2 * 3 * 100 * 0.8 + 0.1 * 0.05
    np.testing.assert_allclose(truth.expected_electrons(light), expected, rtol=1e-5)


def test_large_defocus_spreads_light_and_keeps_it() -> None:
    truth = open_scope(seed=4, aberration_rms_nm=0.0, background=0.0).truth
    lit = {"light.power_mw": 1.0}
    far = truth.expected_electrons(lit | {"focus.z_um": 15.0})
    assert far.mean() == pytest.approx(0.8 * 3 * 10, rel=0.25)  # a scene's mean, over 30 um
    assert far.std() < 0.1 * truth.expected_electrons(lit).std()


def test_bleaching_is_exponential_in_dose_and_local() -> None:
    scope = open_scope(scene="flat", aberration_rms_nm=0.0, bleaching=True, bleaching_dose_uj=100.0)
    set_values(scope, light__power_mw=5.0)
    levels = []
    for _ in range(4):
        levels.append(float(scope.truth.expected_electrons().mean()))
        frames_of(scope)
    np.testing.assert_allclose(np.diff(np.log(levels)), -0.5, rtol=1e-3)
    unbleached = 2 * 3 * 50 * 0.8
    # During an exposure of half the bleaching dose the light falls to its mean over 0 .. 0.5.
    assert levels[0] == pytest.approx(unbleached * (1 - exp(-0.5)) / 0.5, rel=1e-3)
    elsewhere = scope.truth.expected_electrons({"stage.x_um": 16.0})
    assert elsewhere[:, -8:].mean() == pytest.approx(levels[0], rel=1e-2)


@pytest.mark.parametrize(
    ("what", "options", "values"),
    [
        ("bleaching off", {}, {"light.power_mw": 5.0}),
        ("light off", {"bleaching": True, "bleaching_dose_uj": 1.0}, {}),
    ],
)
def test_without_bleaching_or_light_nothing_fades(
    what: str, options: dict[str, Any], values: dict[str, float]
) -> None:
    scope = open_scope(**options)
    apply_values(scope, values)
    lit = {"light.power_mw": 5.0}
    before = scope.truth.expected_electrons(lit)
    frames_of(scope, 3)
    np.testing.assert_array_equal(scope.truth.expected_electrons(lit), before)
