"""Figures of merit of the mask."""

from __future__ import annotations

import pytest

from tests.sim.lensless.opened import open_rig


def test_figures_of_merit_follow_the_mask() -> None:
    rig = open_rig()
    single = rig.truth.metrics()
    assert single["cutoff_cycles_per_mrad"] == pytest.approx(0.150 / 0.55)
    assert rig.truth.metrics({"mask.apertures": 8})["snr"] > single["snr"]
    assert (
        rig.truth.metrics({"mask.apertures": 8})["mtf50_cycles_per_mrad"]
        < single["mtf50_cycles_per_mrad"]
    )
    assert rig.devices["metrics"].read("metrics.snr") == single["snr"]
    electrons = rig.truth.expected_electrons()
    assert electrons.mean() == pytest.approx(0.8 * single["mean_photons"], rel=0.5)
