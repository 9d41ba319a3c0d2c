"""The devices of ``sim.lensless``."""

from __future__ import annotations

from pathlib import Path

from drivers.protocol import Setting
from sim.lensless.options import LenslessOptions
from sim.lensless.path import LensPath
from sim.lensless.scenes import SCENES, load_scene
from sim.lensless.settings import (
    FARTHEST_MM,
    FARTHEST_MOVE_UM,
    MOST_APERTURES,
    NEAREST_MM,
    SMALLEST_UM,
    WIDEST_UM,
)
from sim.parts.assemble import CameraPart, assemble, device
from sim.parts.devices import Axis
from sim.parts.rig import SimulatedKind, SimulatedRig, float_axis
from sim.parts.scene_files import find_scene
from sim.parts.simulated_clock import Pace

READOUT_MS = 5.0
LIBRARIES = ("numpy", "scipy", "scikit-image", "torch")
METRICS = {
    "mtf50_cycles_per_mrad": "cycles/mrad",
    "cutoff_cycles_per_mrad": "cycles/mrad",
    "least_mtf": "",
    "mean_photons": "photons",
    "snr": "",
}


def open_lensless(options: LenslessOptions, pace: Pace) -> SimulatedRig:
    """Make an imager: one lenslet in focus, looking straight ahead."""
    path = LensPath(options)
    element = Setting("mask.element", "choice", choices=("lenslet", "pinhole"))
    parts = (
        device(
            "pointing",
            *(
                float_axis(f"pointing.{axis}_mrad", -600, 600, role="position", rate_per_s=500)
                for axis in ("x", "y")
            ),
        ),
        device(
            "mask",
            Axis(element, "lenslet", 0.005),
            Axis(Setting("mask.apertures", "int", "", 1, MOST_APERTURES), 1, latency_s=0.005),
            float_axis("mask.diameter_um", SMALLEST_UM, WIDEST_UM, 150),
            float_axis("mask.spacing_um", 50, 250, 150),
            Axis(Setting("mask.irregularity", "float", "", 0.0, 1.0, tolerance=1e-6), 0.5, 0.005),
            float_axis(
                "mask.distance_mm", NEAREST_MM, FARTHEST_MM, 4, role="position", rate_per_s=5
            ),
            *(
                float_axis(f"mask.{axis}{i}_um", -FARTHEST_MOVE_UM, FARTHEST_MOVE_UM)
                for axis in "xy"
                for i in range(1, MOST_APERTURES + 1)
            ),
        ),
    )
    camera = CameraPart(
        "camera",
        (float_axis("camera.exposure_ms", 0.1, 1000.0, 20.0, role="exposure"),),
        path.sensor.saturation_adu,
        READOUT_MS,
    )
    return assemble(path, parts, camera, METRICS, LIBRARIES, pace)


def _find_scene(options: LenslessOptions, folder: Path) -> LenslessOptions:
    return find_scene(options, SCENES, folder, load_scene)


KIND = SimulatedKind(LenslessOptions, open_lensless, _find_scene)
