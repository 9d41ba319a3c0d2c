"""Fluorescence: what the tests that are the same for all rigs need to know."""

from __future__ import annotations

import torch

from sim.parts.rig import SimulatedRig
from tests.sim.cases import ImageCase, Images, SearchCase
from tests.sim.rigs import Settings


def fluorescence(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.microscope.fluorescence.imager import FluorescenceSettings

    path = rig.truth.path
    scene, light = torch.from_numpy(path.scene), FluorescenceSettings.of(settings)
    had_uj = torch.linspace(0, 20, scene.numel()).view(scene.shape)
    return lambda places: path.imager.photons(scene, light, places, had_uj)


IMAGES = ImageCase(
    "fluorescence",
    "sim.microscope",
    {"height_px": 48, "width_px": 32, "scene_um": 60.0, "bleaching": True},
    {"light.power_mw": 1.0, "focus.z_um": 0.7},
    fluorescence,
    [[0.0, 0.03], [4.0, -3.0], [20.0, 20.0]],
    large={"height_px": 512, "width_px": 512, "scene_um": 220.0},
)

# the hidden aberration has a sharpest focus of its own, at 0.2 um
SEARCH = SearchCase("microscope", "focus.z_um", {"camera.exposure_ms": 20.0}, 0.0, 0.4)
