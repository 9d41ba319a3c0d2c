"""The devices of ``sim.hyperspectral``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from drivers.protocol import Setting
from sim.hyperspectral.options import HyperspectralOptions
from sim.hyperspectral.path import SpectrometerPath
from sim.hyperspectral.scenes import MATERIALS, SCENES, load_scene
from sim.hyperspectral.spectra import load_lamp, load_reflectances
from sim.parts.assemble import CameraPart, assemble, device
from sim.parts.devices import Axis
from sim.parts.rig import SimulatedKind, SimulatedRig, float_axis
from sim.parts.scene_files import checked_file, find_scene
from sim.parts.simulated_clock import Pace

READOUT_MS = 5.0
REACH_MM = 20.0
LIBRARIES = ("numpy", "scipy", "scikit-image", "torch")


def open_hyperspectral(options: HyperspectralOptions, pace: Pace) -> SimulatedRig:
    """Make a spectrometer in the dark, its bands spread from 480 to 800 nm."""
    path = SpectrometerPath(options)
    numbers = range(1, options.bands + 1)
    centres = np.linspace(480, 800, options.bands)
    parts = (
        device(
            "stage",
            *(
                float_axis(f"stage.{axis}_mm", -REACH_MM, REACH_MM, role="position", rate_per_s=50)
                for axis in ("x", "y")
            ),
        ),
        device("lamp", float_axis("lamp.power_mw", 0, 200, 0.0, role="light")),
        device("spectrometer", float_axis("spectrometer.slit_um", 4, 60, 16)),
        device(
            "filter",
            *(
                float_axis(f"filter.centre{b}_nm", 420, 960, centre)
                for b, centre in zip(numbers, centres, strict=True)
            ),
            *(float_axis(f"filter.width{b}_nm", 4, 100, 40) for b in numbers),
        ),
    )
    camera = CameraPart(
        "camera",
        (
            float_axis("camera.exposure_ms", 1, 60_000, 200.0, role="exposure"),
            *(
                Axis(Setting(f"camera.share{b}", "float", "", 0.05, 1.0, tolerance=1e-6), 1.0)
                for b in numbers
            ),
        ),
        path.sensor.saturation_adu,
        READOUT_MS,
    )
    return assemble(path, parts, camera, units(options.bands), LIBRARIES, pace)


def units(bands: int) -> dict[str, str]:
    """Units of the figures of `sim.hyperspectral.metrics`, by name."""
    shared = {
        "spectral_resolution_nm": "nm",
        "spectral_angle_deg": "deg",
        "condition": "",
        "light_e": "electrons",
        "snr": "",
    }
    return shared | {f"snr{b}": "" for b in range(1, bands + 1)}


def _find_files(options: HyperspectralOptions, folder: Path) -> HyperspectralOptions:
    found = {}
    if options.lamp:
        found["lamp"] = checked_file("lamp", options.lamp, folder, load_lamp)
    if options.spectra:
        count = MATERIALS[options.scene]

        def load(path: Path) -> object:
            return load_reflectances(path, count)

        found["spectra"] = checked_file("spectra", options.spectra, folder, load)
    options = options.model_copy(update=found)
    return find_scene(options, SCENES, folder, load_scene)


KIND = SimulatedKind(HyperspectralOptions, open_hyperspectral, _find_files)
