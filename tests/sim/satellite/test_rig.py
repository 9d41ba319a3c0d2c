"""The rig as a session sees it: what information and figures of merit answer to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drivers.types import Value
from hil.records.estimate import Estimate
from sim.parts.rig import SimulatedRig
from tests.sim import rigs
from tests.sim.rigs import Factor, Settings
from tests.sim.satellite.opened import open_rig

FIELDS: list[Settings] = [
    {"pointing.along_km": along, "pointing.across_km": across}
    for along in (-2.5, -0.8, 0.8, 2.5)
    for across in (-2.0, 0.0, 2.0)
]


def measure(rig: SimulatedRig, estimator: str = "stationary", /, **settings: Value) -> Estimate:
    wanted = {name.replace("__", "."): value for name, value in settings.items()}
    return rigs.measure(rig, wanted, FIELDS, estimator)


def bits(rig: SimulatedRig, **settings: Value) -> float:
    return measure(rig, **settings).bits_per_pixel


FACTORS = [
    Factor("time", {"camera__exposure_ms": 1.0}, {"camera__exposure_ms": 0.1}),
    Factor("focus", {"telescope__focus_um": 0.0}, {"telescope__focus_um": 60.0}),
    Factor("width of the band", {"filter__width_nm": 100.0}, {"filter__width_nm": 15.0}),
    Factor("haze in the blue", {"filter__centre_nm": 660.0}, {"filter__centre_nm": 460.0}),
    Factor("silicon in the infrared", {"filter__centre_nm": 660.0}, {"filter__centre_nm": 900.0}),
    Factor(
        "read noise at low light",
        {"camera__gain": "high", "camera__exposure_ms": 0.03},
        {"camera__gain": "low", "camera__exposure_ms": 0.03},
    ),
]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_information_answers_to_what_quality_depends_on(factor: Factor) -> None:
    assert bits(open_rig(), **factor.better) > bits(open_rig(), **factor.worse) + 0.03


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"jitter_urad": 0.0}, {"jitter_urad": 15.0}),
        ({"aperture_mm": 70.0}, {"aperture_mm": 20.0}),
        ({"haze": 0.0}, {"haze": 1.0}),
        ({"obscuration": 0.0}, {"obscuration": 0.7}),
    ],
    ids=["jitter", "aperture", "haze", "obscuration"],
)
def test_a_worse_instrument_tells_less(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert bits(open_rig(**better)) > bits(open_rig(**worse)) + 0.05


def test_too_long_an_exposure_saturates() -> None:
    """The optimum in time lies where the converter begins to clip: beyond, trials are refused."""
    rig = open_rig()
    settings: Settings = {"filter__width_nm": 200.0, "filter__centre_nm": 660.0}
    assert "saturated" not in measure(rig, **settings, camera__exposure_ms=0.4).flags
    slow = measure(rig, **settings, camera__exposure_ms=3.0, camera__line_rate_khz=0.3)
    assert "saturated" in slow.flags


def test_coarser_pixels_tell_less_of_a_frame() -> None:
    fine, coarse = (bits(open_rig(), camera__binning=b) * (64 // b) ** 2 for b in (1, 2))
    assert fine > 1.1 * coarse


def test_exposure_has_its_best_before_motion_and_saturation_take_over() -> None:
    """Lines of 5 ms: in the longest the ground moves by 3.5 pixels, and the converter clips."""
    line: Settings = {"camera__line_rate_khz": 0.2, "filter__centre_nm": 660.0}
    found = [
        measure(open_rig(), "copula", **line, camera__exposure_ms=ms).bits_per_pixel
        for ms in (0.05, 1.5, 5.0)
    ]
    assert found[1] > max(found[0], found[2]) + 0.1


def test_motion_alone_costs_information() -> None:
    """At equal light: through darker glass and ten times as long."""
    line: Settings = {"camera__line_rate_khz": 0.2, "filter__centre_nm": 660.0}
    clear, dark = (open_rig(transmission=share, jitter_urad=0.0) for share in (0.7, 0.07))
    short = bits(clear, **line, camera__exposure_ms=0.45)
    long = bits(dark, **line, camera__exposure_ms=4.5)
    assert short > long + 0.05


def test_faster_lines_see_the_ground_finer_and_darker() -> None:
    rig = open_rig()
    slow = rig.truth.metrics({"camera.line_rate_khz": 0.7, "camera.exposure_ms": 10.0})
    fast = rig.truth.metrics({"camera.line_rate_khz": 1.4, "camera.exposure_ms": 10.0})
    assert fast["gsd_m"] == pytest.approx(slow["gsd_m"] / np.sqrt(2))
    assert fast["snr"] < slow["snr"]
    assert fast["smear_px"] == pytest.approx(slow["smear_px"] / 2)
