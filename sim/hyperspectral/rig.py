"""The devices of ``sim.hyperspectral``."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from drivers.errors import ConfigError
from drivers.protocol import Setting
from sim.camera import SimulatedCamera
from sim.devices import Axis, Link, SimulatedDevice
from sim.hyperspectral.options import HyperspectralOptions
from sim.hyperspectral.path import SpectrometerPath
from sim.hyperspectral.scenes import SCENES, load_scene
from sim.light_path import PathTruth
from sim.metrics import Metrics
from sim.pace import Pace
from sim.rig import SimulatedKind, SimulatedRig, float_axis, present_settings

READOUT_MS = 5.0
REACH_MM = 20.0


def open_hyperspectral(options: HyperspectralOptions, pace: Pace) -> SimulatedRig:
    """Make a spectrometer in the dark, its bands spread from 480 to 800 nm."""
    link = Link()
    path = SpectrometerPath(options)
    devices: list[SimulatedDevice] = []
    truth = PathTruth(path, devices)
    numbers = range(1, options.bands + 1)
    centres = np.linspace(480, 800, options.bands)
    axes = {
        "stage": [
            float_axis(f"stage.{axis}_mm", -REACH_MM, REACH_MM, role="position", rate_per_s=50)
            for axis in ("x", "y")
        ],
        "lamp": [float_axis("lamp.power_mw", 0, 200, 0.0, role="light")],
        "spectrometer": [float_axis("spectrometer.slit_um", 4, 60, 16)],
        "filter": [
            *(
                float_axis(f"filter.centre{b}_nm", 420, 960, centre)
                for b, centre in zip(numbers, centres, strict=True)
            ),
            *(float_axis(f"filter.width{b}_nm", 4, 100, 40) for b in numbers),
        ],
    }
    camera = SimulatedCamera(
        "camera",
        [
            float_axis("camera.exposure_ms", 1, 60_000, 200.0, role="exposure"),
            *(
                Axis(Setting(f"camera.share{b}", "float", "", 0.05, 1.0, tolerance=1e-6), 1.0)
                for b in numbers
            ),
        ],
        pace,
        link,
        truth,
        expose=lambda: path.expose(present_settings(devices)),
        saturation_adu=path.sensor.saturation_adu,
        readout_ms=READOUT_MS,
    )
    devices += (SimulatedDevice(label, some, pace, link, truth) for label, some in axes.items())
    devices.append(camera)
    metrics = Metrics(
        units(options.bands), lambda: path.metrics(present_settings(devices)), pace, link, truth
    )
    libraries = ("numpy", "scipy", "scikit-image", "torch")
    return SimulatedRig([*devices, metrics], link, truth, libraries)


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


def _find_scene(options: HyperspectralOptions, folder: Path) -> HyperspectralOptions:
    if options.scene in SCENES:
        return options
    path = folder / options.scene
    try:
        load_scene(path)
    except (OSError, ValueError, BadZipFile) as problem:
        raise ConfigError("scene", f"{path}: {problem}") from problem
    return options.model_copy(update={"scene": str(path)})


KIND = SimulatedKind(HyperspectralOptions, open_hyperspectral, _find_scene)
