"""Hyperspectral: what the tests that are the same for all rigs need to know."""

from __future__ import annotations

from functools import partial

import torch

from sim.parts.rig import SimulatedRig
from tests.sim.cases import ImageCase, Images, SearchCase
from tests.sim.rigs import Settings


def spectrometer(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.hyperspectral.imager import BandSettings

    path = rig.truth.path
    abundance, spectra = (
        torch.from_numpy(part) for part in (path.scene.abundance, path.scene.spectra)
    )
    return partial(path.imager.electrons, abundance, spectra, BandSettings.of(settings, 4))


IMAGES = ImageCase(
    "hyperspectral",
    "sim.hyperspectral",
    {"side_px": 32},
    {"lamp.power_mw": 20.0},
    spectrometer,
    [[0.0, 0.0], [31.0, -2000.0], [19_000.0, 3.0]],
    large={"side_px": 512},
)

# light against sharpness
SEARCH = SearchCase(
    "hyperspectral",
    "spectrometer.slit_um",
    {"filter.centre3_nm": 660.0, "filter.width3_nm": 40.0},
    8.0,
    24.0,
)
