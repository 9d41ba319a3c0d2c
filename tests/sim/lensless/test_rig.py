"""The rig as a session sees it: what information and figures of merit answer to."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.types import Value
from hil.records.estimate import Estimate
from sim.parts.rig import SimulatedRig
from tests.sim import rigs
from tests.sim.lensless.opened import open_rig
from tests.sim.rigs import Factor, Settings

WIDE_MASK: Settings = {"mask__spacing_um": 200.0, "mask__distance_mm": 4.0}
FIELDS: list[Settings] = [
    {"pointing.x_mrad": x, "pointing.y_mrad": y}
    for y in (-400.0, 0.0, 400.0)
    for x in (-450.0, -150.0, 150.0, 450.0)
]


def bits(rig: SimulatedRig, **settings: Value) -> float:
    return measure(rig, **settings).bits_per_pixel


def measure(rig: SimulatedRig, estimator: str = "copula", /, **settings: Value) -> Estimate:
    """Information at some settings of mask and camera."""
    wanted = {name.replace("__", "."): value for name, value in settings.items()}
    return rigs.measure(rig, wanted, FIELDS, estimator)


FACTORS = [
    Factor("exposure", {"camera__exposure_ms": 40.0}, {"camera__exposure_ms": 4.0}),
    Factor("focus", {"mask__distance_mm": 4.0}, {"mask__distance_mm": 5.5}),
    Factor("a lens and a hole", {"mask__element": "lenslet"}, {"mask__element": "pinhole"}),
    Factor("aperture", {"mask__diameter_um": 200.0}, {"mask__diameter_um": 40.0}),
]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_information_answers_to_what_quality_depends_on(factor: Factor) -> None:
    assert bits(open_rig(), **factor.better) > bits(open_rig(), **factor.worse) + 0.05


def test_a_noisier_sensor_tells_less() -> None:
    assert bits(open_rig(read_noise_e=2.0)) > bits(open_rig(read_noise_e=20.0)) + 0.05


def test_a_blinder_sensor_tells_less() -> None:
    assert bits(open_rig(quantum_efficiency=0.9)) > bits(open_rig(quantum_efficiency=0.2)) + 0.05


def test_coarser_sampling_of_the_same_sensor_tells_less_of_a_frame() -> None:
    fine, coarse = (
        bits(open_rig(side_px=side, pixel_um=320.0 / side)) * side**2 for side in (64, 32)
    )
    assert fine > 1.1 * coarse


def most_below_saturation(rig: SimulatedRig, apertures: int) -> float:
    """The most information over exposure times that do not clip, bits per pixel."""
    found = [0.0]
    for exposure_ms in 40.0 * np.sqrt(2) ** np.arange(9):
        one = measure(
            rig, mask__apertures=apertures, camera__exposure_ms=float(exposure_ms), **WIDE_MASK
        )
        if "saturated" in one.flags:
            break
        found.append(one.bits_per_pixel)
    return max(found)


def test_multiplexing_pays_until_images_overlap() -> None:
    """Pinkard et al. 2024, lensless imagers: best are many apertures, a few, or one."""
    sparse = [bits(open_rig(scene="beads", density=0.3), mask__apertures=n) for n in (1, 4, 16)]
    assert sparse[0] < sparse[1] < sparse[2]
    dense = [
        measure(open_rig(), "stationary", mask__apertures=n, camera__exposure_ms=320.0 / n)
        for n in (1, 4, 16)
    ]
    assert dense[0].bits_per_pixel > dense[1].bits_per_pixel > dense[2].bits_per_pixel
    between = [most_below_saturation(open_rig(scene="beads", density=6.0), n) for n in (1, 4, 16)]
    assert between[1] > max(between[0], between[2])
