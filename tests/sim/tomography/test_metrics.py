"""Figures of merit of radiography."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from tests.sim.tomography.opened import open_rig


def test_figures_of_merit_follow_the_scan() -> None:
    rig = open_rig()
    at_first = rig.truth.metrics()
    assert at_first["nyquist_views"] == pytest.approx(pi / 2 * 64)
    assert at_first["view_ms"] == pytest.approx(10_000 / 32)
    assert rig.truth.metrics({"detector.binning": 4})["cutoff_per_mm"] == pytest.approx(0.3125)
    few = rig.truth.metrics({"gantry.views": 8})
    assert few["snr"] > at_first["snr"]
    assert few["dose_mgy"] == pytest.approx(at_first["dose_mgy"])
    double = rig.truth.metrics({"source.current_ma": 0.02})
    assert double["dose_mgy"] == pytest.approx(2 * at_first["dose_mgy"])
    assert rig.devices["metrics"].read("metrics.snr") == at_first["snr"]
    dark = rig.truth.metrics({"source.current_ma": 0.0})
    assert all(np.isfinite(value) for value in dark.values())
