"""LED array: what the tests that are the same for all rigs need to know."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from sim.parts.rig import SimulatedRig
from tests.sim.cases import ImageCase, Images, SearchCase
from tests.sim.rigs import Settings


def led_array(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.microscope.led_array.imager import led_settings

    path = rig.truth.path
    return partial(path.imager.photons, torch.from_numpy(path.scene), led_settings(settings))


OPTIONS: dict[str, Any] = {
    "contrast": "phase",
    "numerical_aperture": 0.4,
    "refractive_index": 1.0,
    "magnification": 20.0,
    "led_points": 12,
    "absorption": 0.1,
    "height_px": 48,
    "width_px": 32,
    "scene_um": 60.0,
}
IMAGES = ImageCase(
    "LED array",
    "sim.microscope",
    OPTIONS,
    {"led.power_mw": 1.0, "led.pattern": "half-plane"},
    led_array,
    [[0.0, 0.03], [4.0, -3.0], [20.0, 20.0]],
    large={"height_px": 512, "width_px": 512, "scene_um": 400.0, "led_points": 48},
)

# coherence against light and resolution
SEARCH = SearchCase(
    "ledarray", "led.outer_na", {"led.pattern": "brightfield", "focus.z_um": 2.0}, 0.1, 0.3
)
