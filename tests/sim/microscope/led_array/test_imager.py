"""The physics has gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sim.microscope.led_array.imager import led_settings
from tests.sim.microscope.led_array.opened import open_rig

CONTINUOUS = [
    "led.inner_na",
    "led.outer_na",
    "led.wavelength_nm",
    "led.power_mw",
    "focus.z_um",
    "mirror.z5_nm",
    "mirror.z11_nm",
    "camera.exposure_ms",
    "stage",
]


@pytest.mark.parametrize("name", CONTINUOUS)
@pytest.mark.parametrize("pattern", ["half-plane", "darkfield"])
def test_gradients_are_those_of_finite_differences(name: str, pattern: str) -> None:
    rig = open_rig(
        height_px=16, width_px=16, scene_um=30.0, aberration_rms_nm=30.0,
        sample_index=1.33, depth_um=50.0, absorption=0.1, scene="mixed",
    )  # fmt: skip
    path = rig.truth.path
    rng = np.random.default_rng(1)
    weights = torch.from_numpy(rng.standard_normal((1, 16, 16)))
    scene = torch.from_numpy(path.scene.astype(np.float64))
    values = dict(rig.truth.suppose({"led.pattern": pattern, "led.power_mw": 1.0}))
    values |= {"led.inner_na": 0.13, "led.outer_na": 0.473, "focus.z_um": 1.3}
    centre = torch.tensor([[0.1, 0.07]], dtype=torch.float64)

    def total(value: torch.Tensor) -> torch.Tensor:
        where = centre + value if name == "stage" else centre
        numbers = values if name == "stage" else values | {name: value}
        return (path.imager.photons(scene, led_settings(numbers), where) * weights).sum()

    start = 0.0 if name == "stage" else float(values[name])
    at = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(total(at), at)
    step = 1e-6 * max(abs(start), 1.0)
    with torch.no_grad():
        ahead, behind = (total(torch.tensor(start + d, dtype=torch.float64)) for d in (step, -step))
    assert float(gradient) == pytest.approx(float(ahead - behind) / (2 * step), rel=1e-3)
