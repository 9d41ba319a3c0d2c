"""Figures of merit against closed forms, and as light and bleaching change them."""

from __future__ import annotations

from math import exp, pi

import numpy as np
import pytest
from scipy.optimize import brentq

from tests.sim import rigs
from tests.sim.microscope.fluorescence.opened import LIGHT, open_rig
from tests.sim.rigs import apply


def test_strehl_follows_marechal_and_the_pupil() -> None:
    truth = open_rig().truth
    assert truth.metrics()["strehl"] == pytest.approx(1)
    small = truth.metrics({"mirror.z6_nm": 25.0})["strehl"]
    assert small == pytest.approx(exp(-((2 * pi * 25 / 510) ** 2)), abs=3e-3)
    assert truth.metrics({"focus.z_um": 1.0})["strehl"] < 0.2


def test_mtf50_of_a_perfect_lens_is_that_of_its_closed_form() -> None:
    """A round pupil's transfer function times the pixel's box, averaged over directions."""
    truth = open_rig().truth
    cutoff, pixel_um = 2 * 1.2 / 0.51, 6.5 / 63
    angle = np.linspace(0, 2 * pi, 721)[:-1]

    def contrast(f: float) -> float:
        v = f / cutoff
        lens = 2 / pi * (np.arccos(v) - v * np.sqrt(1 - v**2))
        box = np.sinc(pixel_um * f * np.cos(angle)) * np.sinc(pixel_um * f * np.sin(angle))
        return float(lens * box.mean())

    expected = brentq(lambda f: contrast(f) - 0.5, 0.01, cutoff - 0.01)
    figures = truth.metrics()
    assert figures["mtf50_cycles_per_um"] == pytest.approx(expected, rel=0.02)
    assert figures["cutoff_cycles_per_um"] == pytest.approx(cutoff)
    aberrated = truth.metrics({"mirror.z5_nm": 80.0})
    assert aberrated["mtf50_cycles_per_um"] < 0.7 * expected
    assert aberrated["cutoff_cycles_per_um"] == figures["cutoff_cycles_per_um"]
    assert truth.metrics({"camera.binning": 2})["cutoff_cycles_per_um"] < 0.6 * cutoff


def test_figures_of_merit_follow_the_light() -> None:
    rig = open_rig(dark_current_e_per_s=0.0)
    dark = rig.truth.metrics()
    assert all(np.isfinite(value) for value in dark.values())
    assert dark["snr"] == dark["contrast"] == dark["dose_uj"] == 0
    lit = rig.truth.metrics(LIGHT)
    assert lit["dose_uj"] == pytest.approx(10)
    assert lit["mean_electrons"] == pytest.approx(rig.truth.expected_electrons(LIGHT).mean())
    bright = rig.truth.metrics(LIGHT | {"light.power_mw": 4.0})
    assert bright["snr"] > 1.9 * lit["snr"]
    assert bright["contrast"] == pytest.approx(lit["contrast"], rel=1e-5)
    apply(rig, LIGHT)
    assert rig.devices["metrics"].read("metrics.snr") == lit["snr"]


def test_figures_of_merit_see_bleaching() -> None:
    rig = open_rig(bleaching=True, bleaching_dose_uj=20.0)
    apply(rig, LIGHT)
    before = float(rig.devices["metrics"].read("metrics.mean_electrons"))
    rigs.frame(rig)
    after = float(rig.devices["metrics"].read("metrics.mean_electrons"))
    assert after == pytest.approx(before * exp(-0.5), rel=0.05)
