"""Expected frames with gradients are the expected frames, and their slopes are those of differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from sim.lensless.options import LenslessOptions
from sim.lensless.path import LensPath
from sim.lensless.rig import KIND as LENSLESS
from sim.microscope.rig import KIND as MICROSCOPE
from sim.parts.gradients import DifferentiablePath
from sim.parts.simulated_clock import AsFastAsPossible
from sim.satellite.rig import KIND as SATELLITE

RIGS: dict[str, tuple[Any, dict[str, Any], list[dict[str, float]], list[str]]] = {
    "microscope": (
        MICROSCOPE,
        {"height_px": 48, "width_px": 64, "seed": 2},
        [{}, {"stage.x_um": 20.0, "stage.y_um": -7.0}],
        ["mirror.z6_nm", "focus.z_um", "light.power_mw", "camera.exposure_ms"],
    ),
    "led array": (
        MICROSCOPE,
        {"contrast": "phase", "height_px": 32, "width_px": 32, "seed": 2},
        [{}, {"stage.x_um": 9.0}],
        ["focus.z_um", "led.power_mw"],
    ),
    "satellite": (
        SATELLITE,
        {"side_px": 32, "seed": 2},
        [{}, {"pointing.along_km": 0.5}],
        ["camera.exposure_ms", "telescope.focus_um", "filter.centre_nm"],
    ),
    "lensless": (
        LENSLESS,
        {"side_px": 64, "seed": 2},
        [{}, {"pointing.x_mrad": 100.0, "pointing.y_mrad": 50.0}],
        ["mask.distance_mm", "mask.diameter_um", "camera.exposure_ms"],
    ),
}


@pytest.fixture(params=list(RIGS))
def rig(request: pytest.FixtureRequest) -> tuple[Any, dict[str, Any], list[Any], list[str]]:
    kind, options, fields, names = RIGS[request.param]
    opened = kind.open(kind.model(**options), AsFastAsPossible())
    settings = opened.truth.suppose()
    for name, value in {"light.power_mw": 2.0, "led.power_mw": 2.0}.items():
        if name in settings:
            settings[name] = value
    names = [name for name in names if name in settings]
    assert names
    return opened.truth.path, settings, fields, names


def test_they_are_the_expected_frames(
    rig: tuple[Any, dict[str, Any], list[Any], list[str]],
) -> None:
    path, settings, fields, _ = rig
    assert isinstance(path, DifferentiablePath)
    found = path.electrons_with_gradient(settings, fields).detach().numpy()
    for field, frame in zip(fields, found, strict=True):
        expected = path.expected_electrons({**settings, **field})
        assert frame == pytest.approx(expected, rel=1e-4, abs=1e-3 * float(expected.max()))


def test_slopes_are_those_of_differences(
    rig: tuple[Any, dict[str, Any], list[Any], list[str]],
) -> None:
    path, settings, fields, names = rig
    for name in names:
        at = torch.tensor(float(settings[name]), dtype=torch.float64, requires_grad=True)
        path.electrons_with_gradient({**settings, name: at}, fields).square().sum().backward()
        assert at.grad is not None
        step = 1e-2 * max(abs(float(settings[name])), 1.0)

        def total(value: float, name: str = name) -> float:
            frames = path.electrons_with_gradient({**settings, name: value}, fields)
            return float(frames.double().square().sum())

        middle = float(settings[name])
        slope = (total(middle + step) - total(middle - step)) / (2 * step)
        scale = total(middle) / max(abs(middle), 1.0)
        assert float(at.grad) == pytest.approx(slope, rel=0.05, abs=2e-3 * scale), name


def test_a_lensless_path_is_one() -> None:
    assert isinstance(LensPath(LenslessOptions()), DifferentiablePath)
    assert not isinstance(np.zeros(1), DifferentiablePath)
