"""Lensless: what the tests that are the same for all rigs need to know."""

from __future__ import annotations

import torch

from sim.parts.rig import SimulatedRig
from tests.sim.cases import ImageCase, Images, SearchCase
from tests.sim.rigs import Settings


def mask(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.lensless.imager import mask_settings

    path, wanted = rig.truth.path, mask_settings(settings)
    scene, exposure_s = torch.from_numpy(path.scene), torch.tensor(0.02, dtype=torch.float64)
    return lambda places: path.imager.photons(scene, wanted, places, exposure_s)


IMAGES = ImageCase(
    "lensless",
    "sim.lensless",
    {"side_px": 32},
    {"mask.apertures": 3},
    mask,
    [[0.0, 0.0], [0.1, -0.2], [0.6, 0.0003]],
    large={"side_px": 512},
)

# lenslets of 4 mm are sharp there; nearer ones bring more light, and more of the scene
SEARCH = SearchCase(
    "lensless", "mask.distance_mm", {"mask.apertures": 2, "camera.exposure_ms": 40.0}, 3.1, 3.8
)
