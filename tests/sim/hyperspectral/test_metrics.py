"""Figures of merit of spectral imaging, and where they mislead."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sim.hyperspectral.opened import BASE, bits, leaves


def test_traditional_figures_point_elsewhere() -> None:
    """More light by the widest slit, and the largest angle between spectra, tell less."""
    rig = leaves()
    wide, best = ({**BASE, "spectrometer.slit_um": width} for width in (60.0, 12.0))
    assert rig.truth.metrics(wide)["snr"] > 2 * rig.truth.metrics(best)["snr"]
    edge, red = ({**BASE, "filter.centre3_nm": centre} for centre in (708.0, 660.0))
    angles = [rig.truth.metrics(one)["spectral_angle_deg"] for one in (edge, red)]
    assert angles[0] > 2 * angles[1]
    assert bits(rig, red) > bits(rig, edge) + 0.03
    assert bits(rig, best, 6) > bits(rig, wide, 6) + 0.03


def test_figures_of_merit_follow_the_settings() -> None:
    rig = leaves()
    metrics = rig.truth.metrics
    dark = metrics(BASE | {"lamp.power_mw": 0.0})
    assert dark["snr"] == dark["light_e"] == 0.0
    lit = metrics(BASE)
    assert dark["spectral_angle_deg"] == lit["spectral_angle_deg"]
    # 40 nm bands; the slit's own 3 nm widen them by little, 15 nm by more
    assert lit["spectral_resolution_nm"] == pytest.approx(40.0, abs=0.3)
    wide = metrics(BASE | {"spectrometer.slit_um": 60.0})
    assert wide["spectral_resolution_nm"] > lit["spectral_resolution_nm"] + 1
    assert wide["light_e"] == pytest.approx(5 * lit["light_e"], rel=0.01)
    n, read_noise = lit["light_e"], 8.0
    assert lit["snr"] == pytest.approx(np.mean([lit[f"snr{b}"] for b in range(1, 5)]))
    assert lit["snr4"] < n / np.sqrt(n + read_noise**2)
    # two bands in the same place tell two materials no better than one
    twice = metrics(BASE | {f"filter.centre{b}_nm": 660.0 for b in range(1, 5)})
    assert twice["spectral_angle_deg"] == pytest.approx(0.0, abs=1e-5)
    assert twice["condition"] > 1e6
