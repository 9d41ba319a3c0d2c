"""The rig as a session sees it: what information and figures of merit answer to."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sim.microscope.led_array.imager import led_settings
from sim.parts.rig import SimulatedRig
from tests.sim.microscope.led_array.opened import bits, open_rig
from tests.sim.rigs import Factor, Settings


@pytest.fixture(scope="module")
def rig() -> SimulatedRig:
    """One for all who only suppose settings."""
    return open_rig()


FACTORS = [
    Factor("exposure", {"camera__exposure_ms": 40.0}, {"camera__exposure_ms": 4.0}),
    Factor("power", {"led__power_mw": 2.0}, {"led__power_mw": 0.2}),
    Factor("oblique light", {"led__pattern": "half-plane"}, {"led__pattern": "annular"}),
    Factor("aberration", {}, {"mirror__z5_nm": 150.0, "mirror__z9_nm": 150.0}),
    Factor("colour", {"led__wavelength_nm": 450.0}, {"led__wavelength_nm": 650.0}),
]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_information_answers_to_what_quality_depends_on(factor: Factor, rig: SimulatedRig) -> None:
    light: Settings = {"led__pattern": "half-plane", "led__outer_na": 0.38}
    assert bits(rig, **(light | factor.better)) > bits(rig, **(light | factor.worse)) + 0.05


def test_a_noisier_or_blinder_sensor_tells_less(rig: SimulatedRig) -> None:
    light: Settings = {"led__pattern": "half-plane", "led__outer_na": 0.3}
    best = bits(rig, **light)
    assert best > bits(open_rig(read_noise_e=60.0), **light) + 0.05
    assert best > bits(open_rig(quantum_efficiency=0.1), **light) + 0.05


def test_coarser_sampling_tells_less_of_a_frame(rig: SimulatedRig) -> None:
    light: Settings = {"led__pattern": "half-plane", "led__outer_na": 0.3}
    fine, coarse = (bits(rig, **light, camera__binning=b) * (64 // b) ** 2 for b in (1, 2))
    assert fine > 1.1 * coarse


def test_the_best_condenser_is_neither_closed_nor_open(rig: SimulatedRig) -> None:
    """Wider light is brighter and shows less of a phase object; cut-off and SNR want it wide."""
    found = {na: bits(rig, led__outer_na=na, focus__z_um=2.0) for na in (0.05, 0.2, 0.4)}
    assert found[0.2] > found[0.05] + 0.05
    assert found[0.2] > found[0.4] + 0.05
    figures = [
        rig.truth.metrics({"led.power_mw": 1.0, "led.outer_na": na}) for na in (0.05, 0.2, 0.4)
    ]
    for name in ("cutoff_cycles_per_um", "snr"):
        assert figures[0][name] < figures[1][name] < figures[2][name]


def test_exposure_is_best_where_the_camera_does_not_saturate(rig: SimulatedRig) -> None:
    light: Settings = {"led__pattern": "half-plane", "led__outer_na": 0.35}
    found = [bits(rig, camera__exposure_ms=ms, **light) for ms in (20.0, 250.0, 2000.0)]
    assert found[1] > found[0] + 0.1
    assert found[1] > found[2] + 0.1


def test_single_precision_is_good_enough(rig: SimulatedRig) -> None:
    path = rig.truth.path
    settings = led_settings(rig.truth.suppose({"led.pattern": "half-plane", "focus.z_um": 5.0}))
    centre = torch.zeros((1, 2), dtype=torch.float64)
    single = path.imager.images(torch.from_numpy(path.scene), settings, centre)
    double = path.imager.images(torch.from_numpy(path.scene).double(), settings, centre)
    torch.testing.assert_close(single.double(), double, rtol=1e-4, atol=1e-5)


def test_the_same_seed_gives_the_same_frames(rig: SimulatedRig) -> None:
    lit = {"led.power_mw": 1.0}
    seen = rig.truth.expected_electrons(lit)
    assert np.array_equal(seen, open_rig().truth.expected_electrons(lit))
    assert not np.array_equal(seen, open_rig(seed=4).truth.expected_electrons(lit))


def test_the_mirror_undoes_the_hidden_aberration(rig: SimulatedRig) -> None:
    hidden = open_rig(aberration_rms_nm=60.0).truth
    clear = rig.truth.expected_electrons({"led.power_mw": 1.0})
    best = hidden.expected_electrons({"led.power_mw": 1.0, **hidden.best_settings})
    np.testing.assert_allclose(best, clear, rtol=1e-3)
    assert np.linalg.norm(list(hidden.aberration_nm.values())) == pytest.approx(60.0)
