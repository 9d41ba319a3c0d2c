"""The devices of ``sim.satellite``.

Defaults, and why: a telescope of 70 mm as small satellites carry them, 500 km up, with pixels of 10
m on the ground, which the optics could resolve three times finer than they do. A line takes 1.4 ms
at 0.706 kHz, when lines lie as far apart as pixels. Land of reflectance 0.1 in green light then
brings about 5000 electrons.
"""

from __future__ import annotations

from pathlib import Path

from drivers.protocol import Setting
from sim.parts.assemble import CameraPart, assemble, device
from sim.parts.devices import Axis
from sim.parts.rig import SimulatedKind, SimulatedRig, float_axis
from sim.parts.scene_files import find_scene
from sim.parts.simulated_clock import Pace
from sim.parts.unknown import SceneOptics
from sim.satellite.options import SatelliteOptions
from sim.satellite.path import SatellitePath
from sim.satellite.scenes import SCENES, load_scene

READOUT_MS = 1.0
REACH_KM = 3.5
METRICS = {
    "gsd_m": "m",
    "mtf_nyquist": "",
    "mtf50_cycles_per_km": "cycles/km",
    "snr": "",
    "smear_px": "px",
}


def open_satellite(options: SatelliteOptions, pace: Pace) -> SimulatedRig:
    """Make a satellite that looks straight down, in focus, in green light."""
    path = SatellitePath(options)
    parts = (
        device(
            "pointing",
            *(
                float_axis(
                    f"pointing.{axis}_km", -REACH_KM, REACH_KM, role="position", rate_per_s=7
                )
                for axis in ("along", "across")
            ),
        ),
        device(
            "telescope",
            float_axis("telescope.focus_um", -200, 200, role="position", rate_per_s=100),
        ),
        device(
            "filter",
            float_axis("filter.centre_nm", 450, 900, 560),
            float_axis("filter.width_nm", 10, 300, 60),
        ),
    )
    camera = CameraPart(
        "camera",
        (
            float_axis("camera.exposure_ms", 0.02, 20, 1.0, role="exposure"),
            float_axis("camera.line_rate_khz", 0.1, 3, 0.7),
            Axis(Setting("camera.gain", "choice", choices=("low", "high")), "low", 0.005),
            Axis(Setting("camera.binning", "choice", choices=(1, 2, 4), role="binning"), 1, 0.005),
        ),
        path.sensors["low"].saturation_adu,
        READOUT_MS,
    )
    return assemble(path, parts, camera, METRICS, ("numpy", "torch"), pace)


def _find_scene(options: SatelliteOptions, folder: Path) -> SatelliteOptions:
    return find_scene(options, SCENES, folder, load_scene)


def _scene_optics(options: SatelliteOptions) -> SceneOptics:
    from sim.satellite.unknown import SatelliteUnknown

    return SatelliteUnknown(SatellitePath(options))


KIND = SimulatedKind(SatelliteOptions, open_satellite, _find_scene, _scene_optics)
