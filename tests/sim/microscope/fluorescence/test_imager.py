"""Physics of the microscope in fluorescence, and what information answers to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from drivers.types import Value
from sim.microscope.fluorescence.imager import FluorescenceSettings
from sim.microscope.stand.mirror import MIRROR_SETTINGS
from sim.parts.rig import SimulatedRig
from tests.sim import rigs
from tests.sim.microscope.fluorescence.opened import LIGHT, open_rig
from tests.sim.rigs import Factor, Settings

FIELDS: list[Settings] = [
    {"stage.x_um": x, "stage.y_um": y} for y in (-20.0, 0.0, 20.0) for x in (-20.0, 0.0, 20.0)
]
CONTINUOUS = [
    "light.power_mw",
    "camera.exposure_ms",
    "focus.z_um",
    *(name for name in MIRROR_SETTINGS),
    "stage",
]


@pytest.mark.parametrize("name", CONTINUOUS)
@pytest.mark.parametrize("bleaching", [False, True], ids=["", "bleaching"])
def test_gradients_are_those_of_finite_differences(name: str, bleaching: bool) -> None:
    options = {"bleaching": True, "bleaching_dose_uj": 30.0} if bleaching else {}
    rig = open_rig(
        height_px=16, width_px=16, scene_um=30.0, aberration_rms_nm=60.0,
        sample_index=1.38, depth_um=10.0, **options,
    )  # fmt: skip
    path = rig.truth.path
    rng = np.random.default_rng(1)
    weights = torch.from_numpy(rng.standard_normal((2, 16, 16)))
    scene = torch.from_numpy(path.scene.astype(np.float64))
    had_uj = torch.from_numpy(rng.random(scene.shape)) * 20
    values: Mapping[str, Any] = rig.truth.suppose(LIGHT | {"focus.z_um": 0.6})
    centres = torch.tensor([[0.11, 0.07], [3.0, -2.02]], dtype=torch.float64)

    def total(value: torch.Tensor) -> torch.Tensor:
        where = centres + value if name == "stage" else centres
        numbers = values if name == "stage" else {**values, name: value}
        light = FluorescenceSettings.of(numbers)
        return (path.imager.photons(scene, light, where, had_uj) * weights).sum()

    start = 0.0 if name == "stage" else float(values[name])
    at = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(total(at), at)
    step = 1e-6 * max(abs(start), 1.0)
    with torch.no_grad():
        ahead, behind = (total(torch.tensor(start + d, dtype=torch.float64)) for d in (step, -step))
    assert float(gradient) == pytest.approx(float(ahead - behind) / (2 * step), rel=1e-3)


def test_gradients_by_the_scene_flow_after_frames_were_taken() -> None:
    """What is remembered for frames must not be barred from autograd."""
    rig = open_rig()
    settings = rig.truth.suppose(LIGHT)
    seen = rig.truth.expected_electrons(settings)
    scene = torch.from_numpy(rig.truth.path.scene).requires_grad_()
    centre = torch.zeros((1, 2), dtype=torch.float64)
    photons = rig.truth.path.imager.photons(scene, FluorescenceSettings.of(settings), centre)
    (gradient,) = torch.autograd.grad(photons.sum(), scene)
    assert 0.8 * float(photons.detach().sum()) == pytest.approx(float(seen.sum()), rel=1e-3)
    # density 1 brings 3 photons a uJ to its pixel and, blurred, to its neighbours
    middle = tuple(size // 2 for size in scene.shape)
    assert float(gradient[middle]) == pytest.approx(3 * 10, rel=0.02)


def bits(rig: SimulatedRig, settings: Mapping[str, Value], estimator: str = "stationary") -> float:
    return rigs.measure(rig, LIGHT | dict(settings), FIELDS, estimator).bits_per_pixel


FACTORS = [
    Factor("dose", {"camera.exposure_ms": 40.0}, {"camera.exposure_ms": 4.0}),
    Factor("power", {"light.power_mw": 5.0}, {"light.power_mw": 0.5}),
    Factor("focus", {"focus.z_um": 0.0}, {"focus.z_um": 1.5}),
    Factor("astigmatism", {"mirror.z5_nm": 0.0}, {"mirror.z5_nm": 120.0}),
    Factor("spherical aberration", {"mirror.z11_nm": 0.0}, {"mirror.z11_nm": -120.0}),
]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_information_answers_to_what_quality_depends_on(factor: Factor) -> None:
    rig = open_rig()
    assert bits(rig, factor.better) > bits(open_rig(), factor.worse) + 0.05


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"read_noise_e": 1.0}, {"read_noise_e": 10.0}),
        ({"quantum_efficiency": 0.9}, {"quantum_efficiency": 0.2}),
        ({"background": 0.0}, {"background": 20.0}),
        ({"numerical_aperture": 1.2}, {"numerical_aperture": 0.6}),
        ({}, {"sample_index": 1.45, "depth_um": 30.0}),
    ],
    ids=["read noise", "spectral sensitivity", "haze", "aperture", "index mismatch"],
)
def test_a_worse_instrument_tells_less(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert bits(open_rig(**better), {}) > bits(open_rig(**worse), {}) + 0.05


def test_coarser_sampling_tells_less_of_a_frame() -> None:
    fine, coarse = (
        bits(open_rig(), LIGHT | {"camera.binning": b}) * (64 // b) ** 2 for b in (1, 2)
    )
    assert fine > 1.1 * coarse


def test_exposure_has_its_best_below_saturation() -> None:
    """More light is more information until the converter clips; a copula knows clipped pixels."""
    rig = open_rig(bit_depth=10)
    found = [bits(rig, {"camera.exposure_ms": ms}, "copula") for ms in (2.0, 30.0, 1500.0)]
    assert found[1] > found[0] + 0.1
    assert found[1] > found[2] + 0.1
