"""The rig as a session sees it: what information and figures of merit answer to."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.types import Value
from hil.information import estimate_information
from hil.noise import XrayNoise
from hil.records.estimate import Estimate
from sim.parts.rig import SimulatedRig
from tests.sim.rigs import Factor, apply
from tests.sim.tomography.opened import frame, open_rig

SAMPLES = range(12)


def measure(rig: SimulatedRig, **settings: Value) -> Estimate:
    apply(rig, {name.replace("__", "."): value for name, value in settings.items()})
    frames = np.stack([frame(rig, number) for number in SAMPLES])
    numbers = rig.truth.noise_model()
    noise = XrayNoise(
        numbers.adu_per_photon,
        numbers.offset_adu,
        numbers.electronic_noise_adu,
        numbers.bit_depth,
    )
    return estimate_information(
        frames[:, None], noise, "stationary", rig.truth.path.options.interleave or 8
    )


def bits_per_frame(rig: SimulatedRig, **settings: Value) -> float:
    per_pixel = measure(rig, **settings).bits_per_pixel
    return per_pixel * rig.truth.expected_electrons().size


FACTORS = [
    Factor("dose", {"detector__exposure_ms": 20_000.0}, {"detector__exposure_ms": 2_000.0}),
    Factor("current", {"source__current_ma": 0.02}, {"source__current_ma": 0.002}),
    Factor("binning", {"detector__binning": 1}, {"detector__binning": 4}),
    Factor("arc", {"gantry__arc_deg": 180.0}, {"gantry__arc_deg": 40.0}),
    Factor(
        "spectrum at equal dose",
        {"source__control": "kerma", "source__voltage_kv": 50.0},
        {"source__control": "kerma", "source__voltage_kv": 120.0},
    ),
]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_information_answers_to_what_quality_depends_on(factor: Factor) -> None:
    rig = open_rig()
    better, worse = (bits_per_frame(rig, **settings) for settings in factor[1:])
    assert better > 1.05 * worse


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"electronic_noise_adu": 5.0}, {"electronic_noise_adu": 60.0}),
        ({"blur_mm": 0.1}, {"blur_mm": 0.8}),
        ({"scatter_per_cm2": 0.0}, {"scatter_per_cm2": 1.0}),
    ],
    ids=["electronic noise", "blur", "scatter"],
)
def test_information_answers_to_the_detector(
    better: dict[str, float], worse: dict[str, float]
) -> None:
    assert bits_per_frame(open_rig(**better)) > 1.05 * bits_per_frame(open_rig(**worse))


def test_a_fixed_dose_has_its_best_number_of_views_inside() -> None:
    """Few views miss what lies between, many drown in electronic noise."""
    rig = open_rig(electronic_noise_adu=40.0, interleave=4)
    few, some, many = (bits_per_frame(rig, gantry__views=views) for views in (8, 16, 32))
    assert some > 1.06 * max(few, many)


def test_exposure_has_its_best_below_saturation() -> None:
    rig = open_rig(bit_depth=10)
    low, middle, high = (
        bits_per_frame(rig, detector__exposure_ms=ms) for ms in (300.0, 6_000.0, 60_000.0)
    )
    assert middle > 1.2 * max(low, high)


def test_power_sharpens_nothing() -> None:
    """At equal charge a weak tube has the smaller focal spot."""
    rig = open_rig(penumbra_um_per_w=5.0)
    slow = bits_per_frame(rig, source__current_ma=0.02, detector__exposure_ms=10_000.0)
    fast = bits_per_frame(rig, source__current_ma=1.0, detector__exposure_ms=200.0)
    assert slow > 1.05 * fast
