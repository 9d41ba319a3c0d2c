"""The physics of all simulated rigs by one call: places of fields in, expected light out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from sim import hyperspectral, lensless, satellite, tomography
from sim.microscope import rig as microscope
from sim.parts.rig import SimulatedKind, SimulatedRig
from tests.sim.rigs import Settings

Images = Callable[[torch.Tensor], torch.Tensor]
"""From (B, 2) places of fields, or (B, ...) slices, to (B, ...) expected photons or electrons."""


class Case(NamedTuple):
    name: str
    kind: SimulatedKind[Any]
    options: dict[str, Any]
    settings: Settings
    images: Callable[[SimulatedRig, Settings], Images]
    places: list[list[float]]


def fluorescence(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.microscope.fluorescence.imager import FluorescenceSettings

    path = rig.truth.path
    scene, light = torch.from_numpy(path.scene), FluorescenceSettings.of(settings)
    had_uj = torch.linspace(0, 20, scene.numel()).view(scene.shape)
    return lambda places: path.imager.photons(scene, light, places, had_uj)


def led_array(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.microscope.led_array.imager import led_settings

    path = rig.truth.path
    return partial(path.imager.photons, torch.from_numpy(path.scene), led_settings(settings))


def telescope(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.satellite.imager import Exposure

    path = rig.truth.path
    return partial(path.telescope.electrons, torch.from_numpy(path.scene), Exposure.of(settings))


def spectrometer(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.hyperspectral.imager import BandSettings

    path = rig.truth.path
    abundance, spectra = (
        torch.from_numpy(part) for part in (path.scene.abundance, path.scene.spectra)
    )
    return partial(path.imager.electrons, abundance, spectra, BandSettings.of(settings, 4))


def mask(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.lensless.imager import mask_settings

    path, wanted = rig.truth.path, mask_settings(settings)
    scene, exposure_s = torch.from_numpy(path.scene), torch.tensor(0.02, dtype=torch.float64)
    return lambda places: path.imager.photons(scene, wanted, places, exposure_s)


def scanner(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.tomography.imager import scan_settings
    from sim.tomography.scenes import densities

    path, scan = rig.truth.path, scan_settings(settings)

    def counts(places: torch.Tensor) -> torch.Tensor:
        numbers = [int(number) for number, _ in places.tolist()]
        slices = torch.stack([torch.from_numpy(densities(path.sample(k))) for k in numbers])
        counted: torch.Tensor = path.scanner.expected_counts(slices.to(path.options.device), scan)
        return counted

    return counts


LED: dict[str, Any] = {
    "contrast": "phase",
    "numerical_aperture": 0.4,
    "refractive_index": 1.0,
    "magnification": 20.0,
    "led_points": 12,
    "absorption": 0.1,
}
FIELD: dict[str, Any] = {"height_px": 48, "width_px": 32, "scene_um": 60.0}
CASES = [
    Case(
        "fluorescence",
        microscope.KIND,
        FIELD | {"bleaching": True},
        {"light.power_mw": 1.0, "focus.z_um": 0.7},
        fluorescence,
        [[0.0, 0.03], [4.0, -3.0], [20.0, 20.0]],
    ),
    Case(
        "LED array",
        microscope.KIND,
        FIELD | LED,
        {"led.power_mw": 1.0, "led.pattern": "half-plane"},
        led_array,
        [[0.0, 0.03], [4.0, -3.0], [20.0, 20.0]],
    ),
    Case(
        "satellite",
        satellite.KIND,
        {"side_px": 32},
        {"telescope.focus_um": 20.0},
        telescope,
        [[0.0, 0.0], [31.0, -2000.0], [7000.0, 3.0]],
    ),
    Case(
        "hyperspectral",
        hyperspectral.KIND,
        {"side_px": 32},
        {"lamp.power_mw": 20.0},
        spectrometer,
        [[0.0, 0.0], [31.0, -2000.0], [19_000.0, 3.0]],
    ),
    Case(
        "lensless",
        lensless.KIND,
        {"side_px": 32},
        {"mask.apertures": 3},
        mask,
        [[0.0, 0.0], [0.1, -0.2], [0.6, 0.0003]],
    ),
    Case(
        "tomography",
        tomography.KIND,
        {"bins": 32},
        {"source.current_ma": 0.01, "gantry.views": 16},
        scanner,
        [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]],
    ),
]


def opened(case: Case, device: str = "cpu", **options: Any) -> SimulatedRig:
    """Open a rig."""
    table = case.options | {"device": device} | options
    return case.kind.open(case.kind.options(table, Path()))


def images(case: Case, device: str = "cpu", **options: Any) -> Images:
    """Open a rig and hand its physics out."""
    rig = opened(case, device, **options)
    return case.images(rig, rig.truth.suppose(case.settings))
