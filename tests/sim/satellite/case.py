"""Satellite: what the tests that are the same for all rigs need to know."""

from __future__ import annotations

from functools import partial

import torch

from sim.parts.rig import SimulatedRig
from tests.sim.cases import ImageCase, Images, SearchCase
from tests.sim.rigs import Settings


def telescope(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.satellite.imager import Exposure

    path = rig.truth.path
    return partial(path.telescope.electrons, torch.from_numpy(path.scene), Exposure.of(settings))


IMAGES = ImageCase(
    "satellite",
    "sim.satellite",
    {"side_px": 32},
    {"telescope.focus_um": 20.0},
    telescope,
    [[0.0, 0.0], [31.0, -2000.0], [7000.0, 3.0]],
    large={"side_px": 512},
)

# haze against silicon
SEARCH = SearchCase(
    "satellite",
    "filter.centre_nm",
    {"telescope.focus_um": 0.0, "camera.exposure_ms": 1.0, "camera.gain": "low"},
    600.0,
    740.0,
)
